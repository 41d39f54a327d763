import { localSubjectAccessReview } from '../../api/authorization-v1/local-subject-access-review.ts';
import { selfSubjectAccessReview } from '../../api/authorization-v1/self-subject-access-review.ts';
import { selfSubjectRulesReview } from '../../api/authorization-v1/self-subject-rules-review.ts';
import { subjectAccessReview } from '../../api/authorization-v1/subject-access-review.ts';
import { selfSubjectReview } from '../../api/authentication-v1/self-subject-review.ts';
import { tokenReview } from '../../api/authentication-v1/token-review.ts';
import { badRequest, invalidObject, isApiError } from '../../apimachinery/api-error.ts';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import type { AuthorizationAttributes } from '../../auth/authz/authorizer.ts';
import { defaultAudience } from '../../auth/tokens.ts';
import type { UserInfo } from '../../auth/user.ts';
import { readObject } from '../handlers/body.ts';
import { checkNamespace } from '../handlers/names.ts';
import { demandObjectForm } from '../handlers/negotiate.ts';
import { sendObject } from '../handlers/respond.ts';
import type { HandlerServices } from '../handlers/services.ts';
import type { AnsweredKind } from './connect.ts';

/** Finds the status of a question. */
type Answer = (services: HandlerServices, question: AnyObject, asking: UserInfo, namespace: string) => Promise<object>;

const unknownToken = 'invalid bearer token';

/** The kinds that ask who somebody is or what somebody may do. */
export const reviews: readonly AnsweredKind[] = [
  review(tokenReview, answerTokenReview),
  review(selfSubjectReview, async (_services, _question, user) => ({ userInfo: user })),
  review(subjectAccessReview, answerSubject),
  review(localSubjectAccessReview, answerLocalSubject),
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
  const asked: string[] = spec.audiences?.length ? spec.audiences : [defaultAudience];
  try {
    const found = await authenticator.reviewToken?.(spec.token, asked);
    // A token that knows no audiences is for this server.
    const audiences = found?.audiences ?? asked.filter((audience) => audience === defaultAudience);
    if (!found || audiences.length === 0) return { user: {}, ...(!found && { error: unknownToken }) };
    return { authenticated: true, user: found.user, audiences };
  } catch (error) {
    if (!isApiError(error, 'Unauthorized')) throw error;
    return { user: {}, error: unknownToken };
  }
}

function answerSubject(services: HandlerServices, { kind, spec }: AnyObject): Promise<object> {
  const { user = '', groups = [], uid, extra } = spec ?? {};
  const errors = attributeErrors(spec);
  if (!user && groups.length === 0) {
    errors.push(invalid('spec.user', user, 'at least one of user or group must be specified'));
  }
  refuse(kind, errors);
  const subject = { username: user, groups, ...(uid && { uid }), ...(extra && { extra }) };
  return decide(services, subject, attributesOf(spec));
}

/** A question about one namespace, which is that of the path. */
function answerLocalSubject(
  services: HandlerServices,
  question: AnyObject,
  _asking: UserInfo,
  namespace: string,
): Promise<object> {
  const { resourceAttributes, nonResourceAttributes } = question.spec ?? {};
  const errors: FieldError[] = [];
  if (resourceAttributes && resourceAttributes.namespace !== namespace) {
    const given = resourceAttributes.namespace ?? '';
    errors.push(invalid('spec.resourceAttributes.namespace', given, 'must match metadata.namespace'));
  }
  if (nonResourceAttributes) {
    errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
  }
  refuse(question.kind, errors);
  return answerSubject(services, question);
}

function answerSelf(services: HandlerServices, { kind, spec }: AnyObject, asking: UserInfo): Promise<object> {
  refuse(kind, attributeErrors(spec));
  return decide(services, asking, attributesOf(spec));
}

/** Exactly one of the two has to be there. */
function attributeErrors(spec: AnyObject['spec']): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec ?? {};
  if (resource && path) {
    return [invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes')];
  }
  if (resource || path) return [];
  const rule = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalid('spec.resourceAttributes', null, rule)];
}

/** @throws ApiError Invalid when there are errors */
function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: 'authorization.k8s.io', kind }, '', errors);
}

async function decide(
  { authorizer }: HandlerServices,
  user: UserInfo,
  attributes: AuthorizationAttributes,
): Promise<object> {
  const { allowed, reason } = await authorizer.authorize(user, attributes);
  return { allowed, ...(reason && { reason }) };
}

/** What is asked about, as the authorizer wants it. */
function attributesOf(spec: AnyObject['spec']): AuthorizationAttributes {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec ?? {};
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
  if (!spec?.namespace) throw badRequest('no namespace on request');
  const any = {
    resourceRequest: true as const,
    verb: '*',
    apiGroup: '*',
    apiVersion: '*',
    resource: '*',
    subresource: '',
    name: '',
  };
  const { allowed } = await authorizer.authorize(asking, { ...any, namespace: spec.namespace });
  const resourceRules = allowed ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [];
  const nonResourceRules = allowed ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [];
  return { resourceRules, nonResourceRules, incomplete: false };
}
