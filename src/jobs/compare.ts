export { compareGivenModels as run } from '../evaluation/givenModels';
