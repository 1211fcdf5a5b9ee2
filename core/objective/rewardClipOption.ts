import { z } from 'zod';

/** Bounds of rewards, for objectives whose advantages are not scaled by their spread. */
export const rewardClipOption = {
  reward_clip_range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low <= high, 'its first number must not be above its second')
    .nullish()
    .describe('Bounds of each completion’s weighted reward; unset: none'),
};
