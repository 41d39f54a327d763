import { expect } from 'chai';
import { demandObjectForm, negotiate } from '../../src/apiserver/handlers/negotiate.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const cases: [accept: string | undefined, expected: object][] = [
  [undefined, { form: 'object', yaml: false, contentType: 'application/json' }],
  ['*/*', { form: 'object', yaml: false }],
  ['application/vnd.kubernetes.protobuf,application/json', { form: 'object', yaml: false }],
  ['application/yaml', { yaml: true, contentType: 'application/yaml' }],
  [`${table},application/json`, { form: 'table', version: 'v1' }],
  ['application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json', { form: 'table', version: 'v1beta1' }],
  [`application/json;q=0.9,${table};q=0.1`, { form: 'object' }],
  ['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', { form: 'partial-list' }],
  ['application/json;as=Unknown;v=v1;g=meta.k8s.io,application/json', { form: 'object' }],
];

describe('content negotiation', () => {
  for (const [accept, expected] of cases) {
    it(`takes ${JSON.stringify(expected)} from ${accept}`, () => {
      expect(negotiate(accept)).to.include(expected);
    });
  }

  it('refuses what nobody can serve', () => {
    for (const accept of ['text/html', 'application/json;q=0', 'application/vnd.kubernetes.protobuf']) {
      expect(() => negotiate(accept)).to.throw('only the following media types are accepted');
    }
  });

  it('knows when an object that has no table is wanted as a table only', () => {
    expect(() => demandObjectForm(table)).to.throw('only the following media types are accepted');
    for (const accept of [undefined, '*/*', `${table}, application/json`, 'application/json']) demandObjectForm(accept);
  });
});
