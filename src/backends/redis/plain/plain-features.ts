/** What locks in plain keys can do: those who wait look again and again. */
export interface PlainFeatures {
  readonly fencing: false;
  readonly fifo: false;
  readonly push: false;
  readonly semaphore: false;
  readonly permits: false;
  readonly shared: false;
  readonly metadata: false;
  readonly minHold: true;
}

export const PLAIN_FEATURES: PlainFeatures = {
  fencing: false,
  fifo: false,
  push: false,
  semaphore: false,
  permits: false,
  shared: false,
  metadata: false,
  minHold: true,
};
