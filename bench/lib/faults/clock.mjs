/** Milliseconds, the same in all processes of this machine. A step of the system's clock does not move it. */
export const clock = () => performance.timeOrigin + performance.now();
