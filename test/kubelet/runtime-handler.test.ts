import { expect } from 'chai';
import { runtimeHandler } from '../../src/kubelet/runtime-handler.ts';

const classes: Record<string, object> = {
  plain: { handler: '' },
  odd: { handler: 'odd' },
  sandboxed: { handler: 'runsc' },
};
const client = { find: async (_: unknown, { name }: { name?: string }) => classes[name ?? ''] } as never;

const cases: [className: string | undefined, known: string[] | undefined, result: string | undefined | RegExp][] = [
  [undefined, ['runc'], undefined],
  ['plain', ['runc'], undefined],
  ['sandboxed', ['runc', 'runsc'], 'runsc'],
  ['odd', ['runc'], /no runtime for "odd" is configured$/],
  ['gone', ['runc'], /RuntimeClass "gone" not found$/],
  ['odd', undefined, undefined],
];

describe('runtimeHandler', () => {
  for (const [className, known, result] of cases) {
    it(`of class ${className} among ${known?.join(', ') ?? 'anything'}: ${String(result)}`, async () => {
      const found = await runtimeHandler(client, className, known).catch((error: Error) => error.message);
      if (result instanceof RegExp) expect(found).to.match(result);
      else expect(found).to.equal(result);
    });
  }
});
