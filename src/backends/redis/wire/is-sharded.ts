/** Is it a channel of one slot, of which only the master of that slot tells? They have a hash tag, and no others do. */
export function isSharded(channel: string): boolean {
  return channel.includes('{');
}
