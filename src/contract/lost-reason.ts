/** Why a lease was lost. */
export type LostReason =
  /** Its deadline passed without a confirmed renewal. */
  | 'expired'
  /** The service said that it is not ours any more. */
  | 'refused'
  /** The service took it away. */
  | 'revoked'
  /** The session that it hung on is gone. */
  | 'session'
  /** The connection that owned it is gone. */
  | 'connection';
