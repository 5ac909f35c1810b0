/** What `rxlock serve` was given, by its flags. */
export interface ServeFlags {
  readonly ws?: string;
  readonly http?: string;
  readonly dflockd?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: boolean;
  readonly origin?: readonly string[];
  readonly dialect: 'octostore' | 'documents';
  readonly data?: string;
  readonly ephemeral?: boolean;
  readonly maxTtl: string;
  readonly lockDelay: string;
  readonly drain: string;
  /** `false`: nowhere. */
  readonly metrics?: string | false;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress?: number;
  readonly maxLocks: number;
  readonly maxWaiters: number;
  readonly maxPlaces: number;
  readonly maxWatches: number;
  readonly maxOperations: number;
  readonly maxElectionsPerMinute: number;
  readonly maxFrame: number;
  readonly maxBufferedPerClient: number;
  readonly maxBuffered: number;
  readonly handshakeTime: string;
  readonly headerTime: string;
  readonly requestTime: string;
  readonly stallTime: string;
}
