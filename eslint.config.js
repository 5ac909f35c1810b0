import rxjsX from 'eslint-plugin-rxjs-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];

export default defineConfig(
  globalIgnores(['dist/', 'build/', 'coverage/', 'node_modules/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked, rxjsX.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // `{ release() {} }` is how a thing that does nothing is written.
      '@typescript-eslint/no-empty-function': 'off',
      // Arguments are checked at run time for callers without TypeScript: such a condition is not unnecessary.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `as Item` says what it is; `!`, which this rule wants instead, is forbidden by another.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // `as HeldLease` is right where the keeper hands back what it was given.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A `LockError` is an `Error` by its brand; what a user's callback throws is passed on as it is.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // `_` names what a signature makes us take.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A module of Nest is an empty class: what it is stands in its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Overloads are documented one by one.
      '@typescript-eslint/unified-signatures': 'off',
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^rxjs/(?!testing$)', message: "Everything comes from 'rxjs'." }] },
      ],
      eqeqeq: 'error',
      // A library warns where there is no `process.emitWarning`, and says nothing else.
      'no-console': ['error', { allow: ['warn'] }],
      // `source.subscribe(subscriber)` hands over an observer; the rule sees one with methods left out.
      'rxjs-x/prefer-observer': ['error', { allowNext: true }],
    },
  },
  {
    name: 'one clock, one source of chance',
    files: ['src/**/*.ts', 'operators/**/*.ts'],
    ignores: ['src/values/system-clock.ts', 'src/values/system-scheduler.ts', 'src/values/is-virtual-now.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...TIMERS.map((name) => ({ name, message: 'Time comes from the injected scheduler.' })),
        { name: 'performance', message: 'Time comes from the injected clock.' },
      ],
      // Calls only: `Math.random` may be named where it is the default of what is injected.
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'Time comes from the injected clock.',
        },
        {
          selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: 'Chance comes from `runtime.random`.',
        },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
    },
  },
  {
    name: 'tests, examples and programs',
    files: ['test/**/*.ts', 'examples/**/*.ts', 'demo/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts', '*.config.ts'],
    rules: {
      'no-console': 'off',
      // Tests index into what they have just filled, and call things with what no type allows.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/require-await': 'off',
      // A test subscribes from inside a subscription to show what happens then.
      'rxjs-x/no-nested-subscribe': 'off',
      'rxjs-x/no-ignored-notifier': 'off',
      'rxjs-x/no-unsafe-takeuntil': 'off',
      'rxjs-x/no-redundant-notify': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.recommended],
    rules: { eqeqeq: 'error', '@typescript-eslint/no-require-imports': 'off' },
  },
);
