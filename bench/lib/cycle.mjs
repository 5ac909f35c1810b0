/** Acquires, and releases in a later turn. */
export function cycle(lock$) {
  return new Promise((resolve, reject) => {
    const subscription = lock$.subscribe({
      next({ type }) {
        if (type !== 'acquired') return;
        queueMicrotask(() => {
          subscription.unsubscribe();
          resolve();
        });
      },
      error: reject,
    });
  });
}
