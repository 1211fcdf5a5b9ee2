/** The tensor API that plugins write against: tfjs-core with all of its gradients registered. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

export { tf };
