/** What a client asks for. Times are whole milliseconds. */
export type Request =
  | AcquireRequest
  | EnqueueRequest
  | { readonly type: 'wait'; readonly key: string; readonly timeout: number }
  | { readonly type: 'renew'; readonly key: string; readonly token: string; readonly lease: number }
  | { readonly type: 'release'; readonly key: string; readonly token: string }
  | { readonly type: 'auth'; readonly token: string }
  | { readonly type: 'stats' | 'ping' }
  | { readonly type: 'publish'; readonly channel: string; readonly payload: string }
  | { readonly type: 'listen' | 'unlisten'; readonly pattern: string; readonly group: string };

export interface EnqueueRequest {
  readonly type: 'enqueue';
  readonly key: string;
  /** 1: a lock. */
  readonly limit: number;
  readonly lease: number;
}

export interface AcquireRequest extends Omit<EnqueueRequest, 'type'> {
  readonly type: 'acquire';
  readonly timeout: number;
}
