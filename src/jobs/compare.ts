export { compare as run } from '../evaluation/compare';
