import { expect } from 'chai';
import type { AuthorizationAttributes } from '../../../src/auth/authz/authorizer.ts';
import { defaultAuthorizer } from '../../../src/auth/authz/index.ts';
import { anonymous, authenticated, type UserInfo } from '../../../src/auth/user.ts';

const path = (p: string, verb = 'get'): AuthorizationAttributes => ({ resourceRequest: false, verb, path: p });
const pods: AuthorizationAttributes = {
  resourceRequest: true,
  verb: 'list',
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'a',
  name: '',
};

describe('authorization', () => {
  const cases: [string, UserInfo, AuthorizationAttributes, boolean][] = [
    ['anonymous read /healthz', anonymous, path('/healthz'), true],
    ['anonymous read /livez/etcd', anonymous, path('/livez/etcd'), true],
    ['anonymous read /readyz', anonymous, path('/readyz'), true],
    ['anonymous read /version', anonymous, path('/version'), true],
    ['anonymous post to /healthz', anonymous, path('/healthz', 'post'), false],
    ['anonymous read /healthzz', anonymous, path('/healthzz'), false],
    ['anonymous read /metrics', anonymous, path('/metrics'), false],
    ['anonymous read /api', anonymous, path('/api'), false],
    ['anonymous list pods', anonymous, pods, false],
    ['jane list pods', authenticated('jane'), pods, true],
    ['a privileged user list pods', { username: 'x', groups: ['system:masters'] }, pods, true],
  ];
  for (const [what, user, attributes, allowed] of cases) {
    it(`${allowed ? 'lets' : 'does not let'} ${what}`, async () => {
      expect((await defaultAuthorizer.authorize(user, attributes)).allowed).to.equal(allowed);
    });
  }

  it('says why it refuses', async () => {
    expect((await defaultAuthorizer.authorize(anonymous, pods)).reason).to.equal('credentials are needed');
  });
});
