const LONGEST = 60;

/** A text in quotation marks for a trace or message, shortened in the middle where it is long. */
export function excerpt(text: string): string {
  if (text.length <= LONGEST) {
    return JSON.stringify(text);
  }
  const half = LONGEST / 2;
  return `${JSON.stringify(text.slice(0, half))} ... ${JSON.stringify(text.slice(-half))} (${text.length} characters)`;
}
