/** Finds ports of this machine that nobody listens on, and that nothing else is given while a server that has one is down. */
export function freePorts(count: number): Promise<readonly number[]>;
