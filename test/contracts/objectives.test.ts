import { objectiveBehaviours } from '../../core/conformance/objectiveBehaviours.ts';
import { plugins } from '../../plugins/index.ts';
import { judgeEach } from './judgedPlugins.ts';

judgeEach('objective', plugins.objectives, objectiveBehaviours, (objective, common) => ({ ...common, objective }));
