import { expect } from 'chai';
import { AdmissionChain } from '../../src/admission/chain.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../../src/admission/plugin.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import type { AnyObject } from '../../src/apimachinery/object.ts';
import { anonymous } from '../../src/auth/user.ts';

const reader = { get: async () => undefined };
const request = (object: object, kind: object = configMap): AdmissionRequest => ({
  operation: 'CREATE',
  kind: kind as Kind,
  subresource: '',
  namespace: 'default',
  name: 'a',
  object: object as AnyObject,
  user: anonymous,
  dryRun: false,
});

describe('admission', () => {
  it('asks the plugins in their order, each for its operations', async () => {
    const calls: string[] = [];
    const plugin = (name: string, operations: AdmissionPlugin['operations']): AdmissionPlugin => ({
      name,
      operations,
      admit: async () => void calls.push(`admit ${name}`),
      validate: () => void calls.push(`validate ${name}`),
    });
    const chain = new AdmissionChain(
      [plugin('a', ['CREATE']), plugin('b', ['DELETE']), plugin('c', ['CREATE', 'DELETE'])],
      reader,
    );
    await chain.admit(request({}));
    await chain.validate(request({}));
    expect(calls).to.deep.equal(['admit a', 'admit c', 'validate a', 'validate c']);
  });

  it('stops at the first that refuses', async () => {
    const refuse: AdmissionPlugin = {
      name: 'no',
      operations: ['CREATE'],
      admit: () => {
        throw new Error('no');
      },
    };
    const never: AdmissionPlugin = { name: 'never', operations: ['CREATE'], admit: () => expect.fail('was asked') };
    const outcome = await new AdmissionChain([refuse, never], reader).admit(request({})).catch((e: Error) => e.message);
    expect(outcome).to.equal('no');
  });
});
