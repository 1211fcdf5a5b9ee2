/** The tensor API that plugins write against: tfjs-core with all of its gradients registered. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

// All that this mode does is keep tfjs's hints, such as the one to install tfjs-node, out of stderr.
tf.enableProdMode();

export { tf };
