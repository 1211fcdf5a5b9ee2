/** What a program may use. */
export interface SandboxLimits {
  /** Of each of its processes. */
  readonly cpuSeconds: number;
  /** From start to end, whatever it waits for. */
  readonly wallSeconds: number;
  /** Of all its processes together. */
  readonly memoryBytes: number;
  /** Of standard output and standard error together. */
  readonly outputBytes: number;
  /** At once, threads included. */
  readonly processes: number;
  /** In all that it writes to its folder. */
  readonly fileBytes: number;
}
