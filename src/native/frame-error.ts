/** A frame that breaks the protocol. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}
