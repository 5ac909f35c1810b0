/** What OctoStore can do. */
export interface OctoStoreFeatures {
  readonly fencing: true;
  readonly fifo: false;
  readonly push: true;
  readonly semaphore: false;
  readonly permits: false;
  readonly shared: false;
  readonly metadata: true;
  readonly minHold: false;
}

/** Of its locks and of its elections alike. */
export const FEATURES: OctoStoreFeatures = {
  fencing: true,
  fifo: false,
  push: true,
  semaphore: false,
  permits: false,
  shared: false,
  metadata: true,
  minHold: false,
};
