/** A certificate and its key, in PEM. */
export interface ServerTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where and how to listen. */
export interface ListenOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly tls?: ServerTls | undefined;
  /** More are closed at once. Infinity: no limit, as for the others. */
  readonly maxConnections: number;
  /** Of these, from one source: see `sourceOf`. */
  readonly maxPerAddress: number;
  /** Of these, that are not welcome yet. For one more the oldest is closed. */
  readonly maxStrangers: number;
  /** After how many milliseconds of silence TCP asks whether the other side is still there; ten seconds later it is given up. */
  readonly keepAlive: number;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshakeTimeout: number;
  /** Told of each that is closed for the sake of a limit. */
  readonly onRefused?: ((limit: 'connections' | 'connectionsPerAddress' | 'strangers') => void) | undefined;
}

/** A port on which a protocol is spoken. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Accepts nobody any more. */
  stop(): void;
  /** Shows another certificate to who comes from now on. Without TLS nothing happens. */
  renewTls(tls: ServerTls): void;
  /** Accepts nobody any more, ends the dialogues, and resolves when every connection is closed. */
  close(): Promise<void>;
}
