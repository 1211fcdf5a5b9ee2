/**
 * p-values of a family of tests, adjusted so that the probability of any false finding among them stays below the level that they are
 * compared with (S. Holm: A simple sequentially rejective multiple test procedure, 1979). In the order given.
 */
export function holmAdjusted(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((_, index) => index).sort((left, right) => (pValues[left] ?? 1) - (pValues[right] ?? 1));
  const adjusted = pValues.map(() => 1);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * (pValues[index] ?? 1)));
    adjusted[index] = largest;
  });
  return adjusted;
}

/**
 * Which tests of a family can come out at level `alpha` at all after Holm's correction, from the smallest p that each could give. Those
 * that cannot are taken out of the family, the hopeless first, until all that are left can: what is not tested needs no correction. This
 * looks at the design alone, never at results.
 */
export function testableInFamily(smallestPs: readonly number[], alpha: number): readonly boolean[] {
  let kept = smallestPs.map((_, index) => index);
  for (;;) {
    const best = holmAdjusted(kept.map((index) => smallestPs[index] ?? 1));
    if (best.every((p) => p <= alpha)) break;
    const worst = Math.max(...kept.map((index) => smallestPs[index] ?? 1));
    kept = kept.filter((index) => (smallestPs[index] ?? 1) < worst);
  }
  return smallestPs.map((_, index) => kept.includes(index));
}
