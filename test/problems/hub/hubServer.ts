import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that answers as the Hugging Face hub does for one data set. */
export interface HubServer {
  readonly endpoint: string;
  /** What was asked for so far: `GET /datasets/...`, with the range if there was one. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** What the server has, and how it behaves. */
export interface HubContent {
  readonly id: string;
  readonly commit: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Files that are kept as large ones, that is by SHA-256. */
  readonly large?: readonly string[];
  /** Asked for without this token, everything is refused. */
  readonly token?: string;
  /** The first answer with this file's content breaks off after so many bytes, once `arrived` says that they are there. */
  readonly breakOff?: { readonly file: string; readonly after: number; readonly arrived: () => Promise<void> };
  /** Each request is first refused so many times with status 503. */
  readonly busy?: number;
  /** Sent instead of a file's content. */
  readonly damaged?: Readonly<Record<string, Uint8Array>>;
}

/** Starts the server on a free port. */
export async function startHub(content: HubContent): Promise<HubServer> {
  const requests: string[] = [];
  let { busy = 0, breakOff } = content;
  const server = createServer((request, response) => {
    const { range } = request.headers;
    requests.push(
      `${request.method} ${decodeURIComponent(request.url ?? '')}${range === undefined ? '' : ` ${range}`}`,
    );
    if (busy > 0) {
      busy--;
      response.writeHead(503).end();
    } else if (content.token !== undefined && request.headers.authorization !== `Bearer ${content.token}`) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"Invalid username or password."}');
    } else {
      answer(request, response);
    }
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', 'http://hub');
    const api = `/api/datasets/${content.id}`;
    const resolve = `/datasets/${content.id}/resolve/${content.commit}/`;
    if (pathname === `${api}/revision/main` || pathname === `${api}/revision/${content.commit}`) {
      json(response, { _id: '1', id: content.id, sha: content.commit, private: false });
    } else if (pathname === `${api}/tree/${content.commit}`) {
      json(response, Object.keys(content.files).map(entryOf));
    } else if (pathname.startsWith(resolve)) {
      sendFile(request, response, decodeURIComponent(pathname.slice(resolve.length)));
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Repository not found"}');
    }
  }

  function entryOf(path: string): object {
    const bytes = bytesOf(path);
    const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const entry = { type: 'file', path, size: bytes.length, oid };
    if (content.large?.includes(path) !== true) return entry;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { ...entry, lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } };
  }

  function bytesOf(path: string): Buffer {
    return Buffer.from(content.files[path] ?? '');
  }

  function sendFile(request: IncomingMessage, response: ServerResponse, path: string): void {
    const bytes = Buffer.from(content.damaged?.[path] ?? bytesOf(path));
    const from = Number(/^bytes=(\d+)-$/u.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from === 0 ? 200 : 206, { 'content-length': bytes.length - from });
    if (breakOff?.file === path) {
      const { after, arrived } = breakOff;
      response.write(bytes.subarray(from, from + after));
      void arrived().then(() => request.socket.end());
      breakOff = undefined;
    } else {
      response.end(bytes.subarray(from));
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
