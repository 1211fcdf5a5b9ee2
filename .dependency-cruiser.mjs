/** @type {import('dependency-cruiser').IConfiguration} */

/** What everything may import: the contracts, and the single files of core/, its container excepted. */
const base = ['^core/contracts/', '^core/(?!container\\.ts$)[^/]+\\.ts$'];
const container = '(^|/)container\\.ts$';

/** A folder of core/ and what else of core/ it may import, besides the base and itself. A new folder gets its line here. */
const coreLayers = {
  contracts: [],
  tensor: [],
  linalg: [],
  verifier: [],
  problems: ['tensor', 'verifier'],
  sandbox: [],
  userFunctions: ['sandbox'],
  lowrank: ['tensor', 'linalg'],
  objective: ['tensor'],
  optimizer: ['tensor'],
  model: ['tensor', 'linalg'],
  lint: ['model', 'verifier', 'lowrank', 'experiment'],
  training: ['tensor', 'linalg', 'model', 'lowrank', 'optimizer', 'verifier', 'experiment', 'runs'],
  experiment: ['tensor', 'linalg', 'model', 'lowrank', 'optimizer', 'verifier', 'training', 'runs'],
  runs: ['tensor', 'linalg', 'model', 'lowrank', 'verifier', 'experiment', 'training'],
  data: ['problems', 'experiment', 'runs'],
  report: ['runs', 'experiment'],
  conformance: ['tensor', 'linalg', 'lowrank', 'model', 'training', 'objective', 'optimizer', 'spectra'],
  exchange: ['tensor', 'linalg', 'lowrank', 'model', 'training', 'experiment', 'runs', 'spectra'],
  spectra: ['tensor', 'linalg', 'lowrank', 'model', 'training', 'runs', 'report', 'exchange'],
  study: ['linalg', 'model', 'training', 'experiment', 'runs', 'report', 'problems', 'tensor', 'spectra'],
};

/** A kind of plugin and what of core/ it may import, besides the base. */
const pluginLayers = {
  adapters: ['tensor', 'linalg', 'lowrank'],
  presets: ['lowrank'],
  objectives: ['tensor', 'linalg', 'lowrank', 'objective'],
  optimizers: ['tensor', 'linalg', 'lowrank', 'optimizer'],
  analyzers: ['tensor', 'linalg', 'lowrank', 'model', 'verifier', 'spectra'],
  datasets: ['tensor', 'linalg', 'lowrank', 'model', 'verifier', 'problems'],
  rewards: ['tensor', 'linalg', 'lowrank', 'model', 'verifier', 'problems', 'sandbox', 'userFunctions'],
  engines: ['tensor', 'linalg', 'lowrank', 'model', 'verifier', 'training', 'experiment', 'runs', 'spectra', 'data'],
};

function folders(names) {
  return names.map((name) => `^core/${name}/`);
}

const coreRules = Object.entries(coreLayers).map(([name, allowed]) => ({
  name: `layer-core-${name}`,
  comment: `core/${name} may import ${['the files of core/ itself', 'core/contracts', ...allowed.map((layer) => `core/${layer}`)].join(', ')}. Move what is shared down a layer, or pass it in.`,
  severity: 'error',
  from: { path: `^core/${name}/` },
  to: { path: '^core/', pathNot: [...base, `^core/${name}/`, ...folders(allowed)] },
}));

const pluginRules = Object.entries(pluginLayers).map(([kind, allowed]) => ({
  name: `layer-plugins-${kind}`,
  comment: `plugins/${kind} may import the files of core/ itself, core/contracts, ${allowed.map((layer) => `core/${layer}`).join(', ')}. What the trainer has to do for a plugin goes through its contract.`,
  severity: 'error',
  from: { path: `^plugins/${kind}/` },
  to: { path: '^core/', pathNot: [...base, ...folders(allowed)] },
}));

export default {
  forbidden: [
    ...coreRules,
    ...pluginRules,
    {
      name: 'layer-core-files',
      comment: 'The files of core/ itself are the lowest layer: they may import each other and core/contracts.',
      severity: 'error',
      from: { path: '^core/[^/]+\\.ts$', pathNot: [container] },
      to: { path: '^core/', pathNot: base },
    },
    {
      name: 'core-folder-without-layer',
      comment: 'Give this folder of core/ a line in coreLayers of .dependency-cruiser.mjs: it says what it may import.',
      severity: 'error',
      from: {},
      to: { path: '^core/[^/]+/', pathNot: folders(Object.keys(coreLayers)) },
    },
    {
      name: 'core-imports-core-only',
      comment:
        'core/ never imports a plugin, a front end, a test or a sample: it defines contracts, they implement them.',
      severity: 'error',
      from: { path: '^core/' },
      to: { path: '^(plugins|cli|extension|webviews|samples|test|bench|scripts)/' },
    },
    {
      name: 'core-has-no-user-interface',
      comment: 'core/ never imports vscode, lit or web components: it runs in a plain Node process.',
      severity: 'error',
      from: { path: '^(core|plugins)/' },
      to: { path: '(^|node_modules/)(vscode|lit|lit-html|lit-element|@lit|@vscode-elements|uplot)(/|$)' },
    },
    {
      name: 'plugins-do-not-import-each-other',
      comment:
        'A plugin (a file, or a folder) never imports another one: what they share lives in core/lowrank or another folder of core/.',
      severity: 'error',
      from: { path: '^plugins/([^/]+)/([^/.]+)' },
      to: { path: '^plugins/', pathNot: ['^plugins/$1/$2(/|\\.)'] },
    },
    {
      name: 'plugins-import-core-only',
      comment: 'Plugins import core/ alone; front ends import plugins, through plugins/index.ts.',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: '^(cli|extension|webviews|samples|test|bench|scripts)/' },
    },
    {
      name: 'plugins-registered-in-one-place',
      comment: 'Plugins are reached through their list, plugins/index.ts (tests, samples and benchmarks excepted).',
      severity: 'error',
      from: { pathNot: ['^(test|samples|bench)/', '^plugins/'] },
      to: { path: '^plugins/', pathNot: ['^plugins/index\\.ts$'] },
    },
    {
      name: 'inversify-in-containers-only',
      comment: 'Only container.ts files import inversify at run time; elsewhere use `import type`.',
      severity: 'error',
      from: { pathNot: [container, '^test/'] },
      to: { path: '(^|node_modules/)@?inversify', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'containers-are-roots',
      comment:
        'Only front ends, tests and benchmarks build a container; core and plugins get what they need passed in.',
      severity: 'error',
      from: { path: '^(core|plugins)/', pathNot: [container] },
      to: { path: container },
    },
    {
      name: 'vscode-in-extension-only',
      comment: 'Only extension/ (and its tests) imports vscode.',
      severity: 'error',
      from: { pathNot: ['^extension/', '^test/extension/'] },
      to: { path: '^vscode$' },
    },
    {
      name: 'front-ends-do-not-import-each-other',
      comment:
        'cli/, extension/ and webviews/ share core/ and plugins/, not each other. The extension sees only the type protocol of a panel.',
      severity: 'error',
      from: { path: '^(cli|extension|webviews)/' },
      to: {
        path: '^(cli|extension|webviews|samples|test|bench)/',
        pathNot: ['^$1/', '^webviews/[^/]+/protocol\\.ts$'],
      },
    },
    {
      name: 'protocol-is-types-only',
      comment:
        'webviews/<panel>/protocol.ts is imported by the extension for its types and imports nothing at run time.',
      severity: 'error',
      from: { path: '^webviews/[^/]+/protocol\\.ts$' },
      to: { dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'webviews-take-types-only',
      comment: 'Webviews run in a browser: of core/ they import types only.',
      severity: 'error',
      from: { path: '^webviews/' },
      to: { path: '^(core|plugins)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-test-in-product',
      comment: 'The product imports no test, sample or benchmark.',
      severity: 'error',
      from: { path: '^(cli|extension|webviews)/' },
      to: { path: '^(test|samples|bench)/' },
    },
    {
      name: 'no-circular',
      comment: 'Break the cycle: move what both sides need to a module of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Nothing imports this module and it imports nothing: use it or remove it.',
      severity: 'error',
      from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.config\\.(ts|mjs)$', '^test/', '^scripts/'] },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'This import leads nowhere: correct the path or add the package to package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^vscode$'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules'] },
    exclude: { path: ['^test/golden/', '^samples/plugins/', '^dist/'] },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
