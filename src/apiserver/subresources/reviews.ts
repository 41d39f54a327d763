import { localSubjectAccessReview } from '../../api/authorization-v1/local-subject-access-review.ts';
import { selfSubjectAccessReview } from '../../api/authorization-v1/self-subject-access-review.ts';
import { selfSubjectRulesReview } from '../../api/authorization-v1/self-subject-rules-review.ts';
import { subjectAccessReview } from '../../api/authorization-v1/subject-access-review.ts';
import { selfSubjectReview } from '../../api/authentication-v1/self-subject-review.ts';
import { tokenReview } from '../../api/authentication-v1/token-review.ts';
import { badRequest, isApiError } from '../../apimachinery/api-error.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import type { AuthorizationAttributes } from '../../auth/authz/authorizer.ts';
import { anonymous, type UserInfo } from '../../auth/user.ts';
import { readObject } from '../handlers/body.ts';
import { checkNamespace } from '../handlers/names.ts';
import { demandObjectForm } from '../handlers/negotiate.ts';
import { sendObject } from '../handlers/respond.ts';
import type { HandlerServices } from '../handlers/services.ts';
import type { AnsweredKind } from './connect.ts';

/** Finds the status of a question. */
type Answer = (services: HandlerServices, question: AnyObject, asking: UserInfo, namespace: string) => Promise<object>;

/** The kinds that ask who somebody is or what somebody may do. */
export const reviews: readonly AnsweredKind[] = [
  review(tokenReview, answerTokenReview),
  review(selfSubjectReview, async (_services, _question, user) => ({ userInfo: user })),
  review(subjectAccessReview, answerSubject),
  review(localSubjectAccessReview, answerSubject),
  review(selfSubjectAccessReview, answerSelf),
  review(selfSubjectRulesReview, answerRules),
];

function review(kind: AnsweredKind['kind'], answer: Answer): AnsweredKind {
  return {
    kind,
    async handle(services, { exchange, target }) {
      demandObjectForm(exchange.request.headers.accept);
      const question = await readObject(services, exchange, kind);
      checkNamespace(target, question);
      question['status'] = await answer(services, question, exchange.user, target.namespace);
      sendObject(exchange, 201, question);
    },
  };
}

async function answerTokenReview({ authenticator }: HandlerServices, { spec }: AnyObject): Promise<object> {
  if (!spec?.token) throw badRequest('token is required for TokenReview in authentication');
  try {
    const user = await authenticator.authenticate({ headers: { authorization: `Bearer ${spec.token}` } });
    if (!user || user === anonymous) return { authenticated: false };
    return { authenticated: true, user, ...(spec.audiences && { audiences: spec.audiences }) };
  } catch (error) {
    if (!isApiError(error, 'Unauthorized')) throw error;
    return { authenticated: false, error: 'the token is not valid' };
  }
}

function answerSubject(
  services: HandlerServices,
  { spec }: AnyObject,
  _asking: UserInfo,
  namespace: string,
): Promise<object> {
  const { user = '', groups = [], uid, extra } = spec ?? {};
  if (!user && groups.length === 0) throw badRequest('spec.user or spec.groups is needed: of whom is the question?');
  const attributes = attributesOf(spec);
  if (namespace && attributes.resourceRequest && attributes.namespace !== namespace) {
    throw badRequest(
      `spec.resourceAttributes.namespace must be ${JSON.stringify(namespace)}, the namespace of the path`,
    );
  }
  return decide(services, { username: user, groups, ...(uid && { uid }), ...(extra && { extra }) }, attributes);
}

function answerSelf(services: HandlerServices, { spec }: AnyObject, asking: UserInfo): Promise<object> {
  return decide(services, asking, attributesOf(spec));
}

async function decide(
  { authorizer }: HandlerServices,
  user: UserInfo,
  attributes: AuthorizationAttributes,
): Promise<object> {
  const { allowed, reason } = await authorizer.authorize(user, attributes);
  return { allowed, ...(reason && { reason }) };
}

/** @throws ApiError BadRequest unless exactly one of the two is set */
function attributesOf(spec: AnyObject['spec']): AuthorizationAttributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec ?? {};
  if (Boolean(resource) === Boolean(path)) {
    throw badRequest('spec must have either resourceAttributes or nonResourceAttributes, and not both');
  }
  if (path) return { resourceRequest: false, verb: path.verb ?? '', path: path.path ?? '' };
  const { verb = '', group = '', version = '', subresource = '', namespace = '', name = '' } = resource;
  return {
    resourceRequest: true,
    verb,
    apiGroup: group,
    apiVersion: version,
    resource: resource.resource ?? '',
    subresource,
    namespace,
    name,
  };
}

/** What the caller may do, found by asking about everything at once; what needs rules comes with RBAC. */
async function answerRules({ authorizer }: HandlerServices, { spec }: AnyObject, asking: UserInfo): Promise<object> {
  const any = {
    resourceRequest: true as const,
    verb: '*',
    apiGroup: '*',
    apiVersion: '*',
    resource: '*',
    subresource: '',
    name: '',
  };
  const { allowed } = await authorizer.authorize(asking, { ...any, namespace: spec?.namespace ?? '' });
  const resourceRules = allowed ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [];
  const nonResourceRules = allowed ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [];
  return { resourceRules, nonResourceRules, incomplete: false };
}
