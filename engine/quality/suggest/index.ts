export type { CheckInput } from './rule.js';
export { suggestSuite, trialText, type Suggestion, type SuiteProposal } from './suggest-suite.js';
export { wilsonInterval } from './wilson-interval.js';
