import { configDefaults, defineConfig } from 'vitest/config';

const pythonTests = ['test/python/**/*.test.ts', 'test/**/*.python.test.ts'];
const soakTests = ['test/**/*.soak.test.ts'];

export default defineConfig({
  // tfjs-core's `main` is a CommonJS bundle that registers no gradients; its ESM sources are the one instance that core, plugins,
  // `dist/register_all_gradients` and the CPU backend then share.
  ssr: { resolve: { mainFields: ['module', 'main'] } },
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    allowOnly: false,
    // Bundled once into node_modules/.vite: importing the 900 files of tfjs-core one by one takes two seconds a test file.
    deps: {
      optimizer: {
        ssr: {
          enabled: true,
          include: [
            '@tensorflow/tfjs-core',
            '@tensorflow/tfjs-core/dist/register_all_gradients',
            '@tensorflow/tfjs-backend-cpu',
          ],
        },
      },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts', 'test/scripts/*.test.mjs'],
          exclude: [...configDefaults.exclude, ...pythonTests, ...soakTests, 'test/extension/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'contracts',
          include: ['test/contracts/*.test.ts', 'test/conformance/*.test.ts'],
          env: { RLVR_CONTRACTS: 'all' },
        },
      },
      { extends: true, test: { name: 'python', include: pythonTests, testTimeout: 300_000, hookTimeout: 600_000 } },
      { extends: true, test: { name: 'soak', include: soakTests, testTimeout: 1_800_000 } },
    ],
  },
});
