import type { Socket } from 'node:net';
import { LockNetworkError, type LockError } from '../../../contract/errors.js';
import { tlsFault } from '../../../values/tls-fault.js';
import { LineReader } from './line-reader.js';
import { Outbox } from './outbox.js';

/** By what is wrong with TLS. */
const TLS_HINTS = {
  untrusted: 'its certificate is not trusted; the option ca of tls says what is',
  none: 'it seems to have no TLS; then leave the option tls out',
} as const;

export interface LineSocketOptions {
  readonly socket: Socket;
  /** What the socket says once it can be used; absent if it can be already. */
  readonly opens: 'connect' | 'secureConnect' | undefined;
  /** Is what is written sent at once, and not with all else of its turn? */
  readonly isPrompt: boolean | undefined;
  /** `host:port`, for messages. */
  readonly where: string;
}

/** Who is at this end of it. */
export interface LineSocketUser {
  /** The longest line that may come now, in bytes. */
  readonly longest: number;
  /** It can be used. */
  opened(): void;
  /** A line came. */
  hear(line: string): void;
  /** All lines that came with one packet were read. */
  settled(): void;
  /** It is of no use any more. */
  broken(error: LockError): void;
}

/** Lines to a server, those of one turn in one write unless it is a prompt one, and lines from it. */
export class LineSocket {
  isOpen = false;
  private isReferenced = true;
  /** What was written here. Bytes. */
  private written = 0;
  private readonly outbox: Outbox;
  private readonly reader: LineReader;

  constructor(
    private readonly options: LineSocketOptions,
    private readonly user: LineSocketUser,
  ) {
    const { socket, isPrompt } = options;
    this.outbox = new Outbox((text) => {
      this.written += Buffer.byteLength(text);
      // It may have another encoding of its user's.
      socket.write(text, 'utf8');
    }, isPrompt);
    this.reader = new LineReader(
      () => user.longest,
      (line) => {
        user.hear(line);
      },
    );
  }

  /** Has somebody else written to its socket as well? */
  get isShared(): boolean {
    // What stands for a socket may not count.
    const { bytesWritten = this.written } = this.options.socket as Partial<Socket>;
    return bytesWritten !== this.written;
  }

  /** Begins to listen. What is written before it is open goes out then. */
  start(): void {
    const { socket, opens } = this.options;
    const open = (): void => {
      this.isOpen = true;
      this.user.opened();
      this.outbox.open();
    };
    const ended = (): void => {
      this.break('closed the connection');
    };
    if (opens === undefined) open();
    else socket.once(opens, open);
    socket.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, socket.readableEncoding ?? 'utf8') : chunk;
      if (!this.reader.push(bytes)) this.break('answered with a line that is too long');
      this.user.settled();
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === undefined ? '' : ` (${cause.code})`;
      const fault = tlsFault(cause);
      const hint = fault === undefined ? '' : `: ${TLS_HINTS[fault]}`;
      this.break(`${this.isOpen ? 'broke the connection' : 'could not be reached'}${why}${hint}`, cause);
    });
    // Whoever has closed his own direction answers nothing more.
    socket.on('end', ended);
    socket.on('close', ended);
  }

  /** @param isPrompt It waits for nothing else of its turn. As all that is written here, by default. */
  write(text: string, isPrompt?: boolean): void {
    this.outbox.add(text, isPrompt);
  }

  /** Is the process to live for it? */
  refer(isNeeded: boolean): void {
    if (isNeeded === this.isReferenced) return;
    this.isReferenced = isNeeded;
    const { socket } = this.options;
    if (isNeeded) socket.ref();
    else socket.unref();
  }

  /** Ends it. */
  cut(): void {
    this.outbox.close();
    this.options.socket.destroy();
  }

  /** Once it is cut: resolves when nothing is left of it. */
  gone(): Promise<void> {
    const { socket } = this.options;
    return new Promise((resolve) => {
      if (socket.closed) resolve();
      else socket.once('close', resolve);
    });
  }

  private break(what: string, cause?: unknown): void {
    const said = `dflockd at ${this.options.where} ${what}`;
    this.user.broken(cause === undefined ? new LockNetworkError(said) : new LockNetworkError(said, { cause }));
  }
}
