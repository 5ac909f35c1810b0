/** Those of a service that can do everything. */
export const ALL_FEATURES = {
  fencing: true,
  fifo: true,
  push: true,
  semaphore: true,
  permits: true,
  shared: true,
  metadata: true,
  minHold: true,
} as const;
