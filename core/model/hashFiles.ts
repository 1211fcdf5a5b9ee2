import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { messageOf, RlvrError } from '../errors.ts';

/**
 * SHA-256 over the bytes of the files, one after the other, in hex. Files are streamed.
 *
 * @throws RlvrError `model/missing` if one cannot be read
 */
export async function hashFiles(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    try {
      await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) hash.update(chunk);
      });
    } catch (error) {
      throw new RlvrError(
        'model/missing',
        `${file} cannot be read: ${messageOf(error)}`,
        { path: file },
        { cause: error },
      );
    }
  }
  return hash.digest('hex');
}
