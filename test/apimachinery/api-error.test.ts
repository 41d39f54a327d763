import { expect } from 'chai';
import { invalidObject } from '../../src/apimachinery/api-error.ts';
import { required } from '../../src/apimachinery/field-error.ts';

describe('an error about an object', () => {
  const cause = { reason: 'FieldValueRequired', message: 'Required value', field: 'spec' };

  it('names kind, group and object', () => {
    const error = invalidObject({ group: 'apps', kind: 'Deployment' }, 'web', [required('spec')]);
    expect(error.message).to.equal('Deployment.apps "web" is invalid: spec: Required value');
    expect(error.toStatus().details).to.deep.equal({ name: 'web', group: 'apps', kind: 'Deployment', causes: [cause] });
  });

  it('leaves out what is not known, as for a patch', () => {
    const error = invalidObject({ group: '', kind: '' }, undefined, [required('spec')]);
    expect(error.message).to.equal(' "" is invalid: spec: Required value');
    expect(error.toStatus().details).to.deep.equal({ causes: [cause] });
  });
});
