/**
 * A text's words for comparison: runs of letters and runs of digits, lower case, and every sign between them that means something in
 * mathematics. Punctuation, spaces, braces and dollars, in which copies of a text differ, are left out.
 */
export function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/\p{L}+|\p{N}+|[-+*/=<>^%!|]/gu) ?? []
  );
}
