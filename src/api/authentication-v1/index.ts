import type { Kind } from '../../apimachinery/kind.ts';
import { tokenReview } from './token-review.ts';
import { selfSubjectReview } from './self-subject-review.ts';

/** The kinds of authentication.k8s.io, version v1. */
export const authenticationV1: readonly Kind[] = [tokenReview, selfSubjectReview];
