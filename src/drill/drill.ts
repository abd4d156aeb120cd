/** What other rooms may use of this one. */
export { type LastProof, lastProofs } from './last-proofs.ts';
