import { rewardBehaviours } from '../../core/conformance/rewardBehaviours.ts';
import { plugins } from '../../plugins/index.ts';
import { judgeEach } from './judgedPlugins.ts';

judgeEach('reward', plugins.rewards, rewardBehaviours, (reward, common) => ({ ...common, reward }));
