/** Characters. */
const MAX = 256;

/** What the protocol takes as a holder. */
export function holderOf(holder: string): string | undefined {
  if (holder.length <= MAX) return holder === '' ? undefined : holder;
  return Array.from(holder).slice(0, MAX).join('');
}
