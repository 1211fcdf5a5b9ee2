/** Decoders of @huggingface/tokenizers, as far as they are corrected here. They are functions with properties. */
interface LibraryDecoder {
  readonly decoders?: readonly LibraryDecoder[];
  /** Of byte-level decoders: bytes by the characters that stand for them. */
  readonly byte_decoder?: Readonly<Record<string, number>>;
  readonly config?: { readonly type?: string };
  convert_tokens_to_string?: (tokens: readonly string[]) => string;
  decode_chain?: (tokens: readonly string[]) => string[];
}

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

const encoder = new TextEncoder();
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/**
 * Makes decoders agree with the reference implementation where the library's do not: a byte-level token with a character that stands
 * for no byte is text as it is, and of byte tokens that form no character each gives one U+FFFD, and none loses a byte order mark.
 */
export function correctDecoder(decoder: unknown): void {
  if (typeof decoder !== 'function') return;
  const library = decoder as LibraryDecoder;
  const bytes = library.byte_decoder;
  if (bytes !== undefined) library.convert_tokens_to_string = (tokens) => decodeByteLevel(tokens, bytes);
  if (library.config?.type === 'ByteFallback') library.decode_chain = decodeByteFallback;
  library.decoders?.forEach(correctDecoder);
}

function decodeByteLevel(tokens: readonly string[], bytes: Readonly<Record<string, number>>): string {
  const decoded = tokens.flatMap((token) => {
    const values = Array.from(token, (character) => bytes[character]);
    return values.includes(undefined) ? Array.from(encoder.encode(token)) : (values as number[]);
  });
  return lenient.decode(Uint8Array.from(decoded));
}

function decodeByteFallback(tokens: readonly string[]): string[] {
  const decoded: string[] = [];
  let pending: number[] = [];
  const flush = (): void => {
    if (pending.length > 0) decoded.push(decodeWhole(Uint8Array.from(pending)));
    pending = [];
  };
  for (const token of tokens) {
    const byte = BYTE_TOKEN.exec(token)?.[1];
    if (byte === undefined) {
      flush();
      decoded.push(token);
    } else {
      pending.push(Number.parseInt(byte, 16));
    }
  }
  flush();
  return decoded;
}

function decodeWhole(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return '\ufffd'.repeat(bytes.length);
  }
}
