import type { Style, Terminal } from '../terminal.ts';

/** A piece of a line: plain, or with a style. */
export type Piece = string | { readonly text: string; readonly style: Style };

/** A line of pieces, cut to a width and styled. Text of a run never moves the cursor: control characters are replaced. */
export function formatPieces(pieces: readonly Piece[], width: number, style: Terminal['style']): string {
  let left = Math.max(0, width);
  return pieces
    .map((piece) => {
      const text = Array.from(clean(typeof piece === 'string' ? piece : piece.text)).slice(0, left);
      left -= text.length;
      return typeof piece === 'string' || text.length === 0 ? text.join('') : style(piece.style, text.join(''));
    })
    .join('');
}

/** Text with control characters, which could move the cursor or hide what follows, replaced by a visible mark. */
export function clean(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}/gu, '\u00b7');
}
