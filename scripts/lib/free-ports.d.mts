/** Finds ports of this machine that nobody listens on, and that nothing else is given while a server that has one is down. */
export function freePorts(count: number): Promise<readonly number[]>;

/** Starts something on such ports, and on others if it fails there. Once it has failed, nothing of it may be left. */
export function onFreePorts<T>(count: number, start: (...ports: readonly number[]) => Promise<T>): Promise<T>;
