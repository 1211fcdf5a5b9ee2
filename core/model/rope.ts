import type { RopeConfig } from './ropeConfig.ts';

/**
 * Inverse frequencies of RoPE (Su et al. 2021, arXiv:2104.09864, section 3.2.2), in radians per position: [headDim / 2]. Pair i of a head
 * is (i, i + headDim / 2), as in Hugging Face's weights. `llama3` scaling is Llama 3.1's: long wavelengths are divided by `factor`, short
 * ones kept, those between interpolated.
 */
export function ropeFrequencies(config: RopeConfig & { readonly headDim: number }): Float32Array {
  const { headDim, ropeTheta } = config;
  // Rounded to float32 where torch rounds, so that angles at large positions agree too.
  return Float32Array.from({ length: headDim / 2 }, (_, i) => {
    const power = Math.fround(ropeTheta ** Math.fround((2 * i) / headDim));
    return scaled(Math.fround(1 / power), config);
  });
}

function scaled(frequency: number, { ropeScaling }: RopeConfig): number {
  if (ropeScaling === undefined) return frequency;
  const { factor } = ropeScaling;
  if (ropeScaling.type === 'linear') return frequency / factor;
  const { lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = ropeScaling;
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
  if (wavelength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
  const smooth = (originalMaxPositionEmbeddings / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
