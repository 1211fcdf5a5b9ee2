/** Whether a multiple of `every` lies among the last `count` steps up to `step`. Never where `every` is 0. */
export function isDue(step: number, count: number, every: number): boolean {
  return every > 0 && Math.floor(step / every) > Math.floor((step - count) / every);
}
