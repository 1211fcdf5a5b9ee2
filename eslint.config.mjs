import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { documentedExports } from './scripts/lint/documentedExports.mjs';

const typescriptFiles = ['**/*.ts'];
const productFiles = [
  'core/**/*.ts',
  'plugins/**/*.ts',
  'cli/**/*.ts',
  'extension/**/*.ts',
  'webviews/**/*.ts',
  'bench/**/*.ts',
];
const testFiles = ['test/**/*.ts', 'samples/plugins/*.ts'];

const restrictedSyntax = [
  {
    selector: 'ExportAllDeclaration',
    message: 'No barrels: import each name from the file that declares it.',
  },
  {
    selector: 'ImportDeclaration[source.value=/^\\.{1,2}\\//]:not([source.value=/\\.(ts|json|mjs)$/])',
    message: 'Write the extension of a relative import (`./name.ts`).',
  },
  {
    selector: ':not(BinaryExpression) > Literal[raw="null"]',
    message:
      'Use `undefined`. Where JSON, the DOM or a library speaks `null`, convert at the boundary and disable this rule there, saying why.',
  },
  {
    selector: 'Decorator',
    message:
      'No decorators outside webviews/: esbuild emits no decorator metadata. Bind with toResolvedValue or toConstantValue.',
  },
];

const naming = [
  { selector: 'default', format: ['camelCase'], leadingUnderscore: 'allow' },
  { selector: 'import', format: ['camelCase', 'PascalCase'] },
  { selector: 'typeLike', format: ['PascalCase'] },
  {
    selector: 'interface',
    format: ['PascalCase'],
    custom: { regex: '^I[A-Z][a-z]', match: false },
  },
  {
    selector: ['class', 'interface', 'typeAlias', 'function'],
    format: ['camelCase', 'PascalCase'],
    custom: { regex: '(Manager|Helper|Helpers|Util|Utils)$', match: false },
  },
  // Paper letters, wire names (`lora_alpha`) and header names are the field's own.
  {
    selector: ['variable', 'parameter'],
    format: ['camelCase', 'PascalCase', 'UPPER_CASE'],
    leadingUnderscore: 'allow',
  },
  { selector: ['property', 'method', 'enumMember'], format: null },
  { selector: 'variable', modifiers: ['destructured'], format: null },
  { selector: 'import', modifiers: ['namespace'], format: null },
];

const unusedVariables = { argsIgnorePattern: '^_', ignoreRestSiblings: true };

export default defineConfig(
  globalIgnores(['build/', 'dist/', 'node_modules/', 'coverage/', '.rlvr/', 'test/golden/', 'samples/**/*.json']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: typescriptFiles,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/naming-convention': ['error', ...naming],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', unusedVariables],
      // `!` is not allowed either, and this rule asks for it.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Functions over objects: an interface's methods are closures here, which may be taken out of it.
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': ['error', ...restrictedSyntax],
    },
  },
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.cjs'],
    rules: {
      'max-depth': ['error', 3],
      'max-lines': ['error', 500],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } }],
      eqeqeq: 'error',
      'object-shorthand': 'error',
      'prefer-template': 'error',
    },
  },
  {
    files: productFiles,
    plugins: { rlvr: { rules: { 'documented-exports': documentedExports } } },
    rules: { 'rlvr/documented-exports': 'error' },
  },
  {
    files: testFiles,
    rules: {
      // A failed assertion on the wrong value is the point of a test.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // What a test gives back is of no interest to its reader, who may be new to all of this.
    files: ['samples/plugins/*.test.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals() },
    rules: { 'no-unused-vars': ['error', unusedVariables] },
  },
  {
    files: ['*.config.{ts,mjs}', '.dependency-cruiser.mjs', 'scripts/goldenReporter.mjs'],
    rules: { 'no-restricted-exports': 'off' },
  },
);

function nodeGlobals() {
  const names = [
    'AbortController',
    'Buffer',
    'URL',
    'clearTimeout',
    'console',
    'fetch',
    'performance',
    'process',
    'setTimeout',
    'structuredClone',
  ];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
