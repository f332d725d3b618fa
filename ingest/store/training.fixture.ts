import { createRandom, type Random } from '../../test/random.ts'

/** What a training logs each step. */
export type Training = {
  /** Mean cross entropy of the batch. */
  readonly loss: Float64Array
  /** Share of the batch that the network gets right. */
  readonly accuracy: Float64Array
  /** Euclidean norm of the gradient of all weights. */
  readonly gradientNorm: Float64Array
}

const features = 8
const hidden = 16
const classes = 4
const batchSize = 16
const examples = 512
const momentum = 0.9

/**
 * Trains a small network by stochastic gradient descent, for values as a real training makes them, the same from the same seed: a layer
 * of rectified units and a softmax, on classes that a random network has drawn and that are wrong for one example in twenty.
 */
export function train(seed: number, steps: number, learningRate: number): Training {
  const random = createRandom(seed)
  const teacher = weights(random, features, classes)
  const inputs = Float64Array.from({ length: examples * features }, () => normal(random))
  const inputOf = Array.from({ length: examples }, (_, i) => inputs.subarray(i * features, (i + 1) * features))
  const labels = Uint8Array.from({ length: examples }, (_, example) => labelOf(random, teacher, inputs, example))
  const first = createLayer(random, features, hidden)
  const second = createLayer(random, hidden, classes)
  const log = {
    loss: new Float64Array(steps),
    accuracy: new Float64Array(steps),
    gradientNorm: new Float64Array(steps),
  }
  const active = new Float64Array(hidden)
  const back = new Float64Array(hidden)
  const logits = new Float64Array(classes)
  for (let step = 0; step < steps; step++) {
    let loss = 0
    let right = 0
    for (let i = 0; i < batchSize; i++) {
      const example = Math.floor(random() * examples)
      const input = inputOf[example]!
      forward(first, input, active)
      for (let unit = 0; unit < hidden; unit++) active[unit] = Math.max(0, active[unit]!)
      forward(second, active, logits)
      const label = labels[example]!
      if (highestOf(logits) === label) right++
      loss += softmaxLoss(logits, label)
      backward(second, active, logits, back)
      for (let unit = 0; unit < hidden; unit++) if (active[unit] === 0) back[unit] = 0
      backward(first, input, back, undefined)
    }
    log.loss[step] = loss / batchSize
    log.accuracy[step] = right / batchSize
    log.gradientNorm[step] = Math.sqrt(descend(first, learningRate) + descend(second, learningRate))
  }
  return log
}

type Layer = {
  readonly inputs: number
  readonly outputs: number
  readonly weights: Float64Array
  readonly gradient: Float64Array
  readonly velocity: Float64Array
}

function createLayer(random: Random, inputs: number, outputs: number): Layer {
  const size = inputs * outputs
  const [gradient, velocity] = [new Float64Array(size), new Float64Array(size)]
  return { inputs, outputs, weights: weights(random, inputs, outputs), gradient, velocity }
}

function weights(random: Random, inputs: number, outputs: number): Float64Array {
  return Float64Array.from({ length: inputs * outputs }, () => normal(random) * Math.sqrt(2 / inputs))
}

function labelOf(random: Random, teacher: Float64Array, inputs: Float64Array, example: number): number {
  if (random() < 0.05) return Math.floor(random() * classes)
  let best = 0
  let highest = Number.NEGATIVE_INFINITY
  for (let output = 0; output < classes; output++) {
    let sum = 0
    for (let i = 0; i < features; i++) sum += teacher[i * classes + output]! * inputs[example * features + i]!
    if (sum > highest) [best, highest] = [output, sum]
  }
  return best
}

function forward({ inputs, outputs, weights }: Layer, input: Float64Array, target: Float64Array): void {
  target.fill(0)
  for (let i = 0; i < inputs; i++) {
    for (let output = 0; output < outputs; output++) target[output]! += input[i]! * weights[i * outputs + output]!
  }
}

/** The place of the highest, the first of equals. */
function highestOf(logits: Float64Array): number {
  let place = 0
  for (let i = 1; i < classes; i++) if (logits[i]! > logits[place]!) place = i
  return place
}

/** The loss; leaves its gradient by the logits in their place. */
function softmaxLoss(logits: Float64Array, label: number): number {
  const highest = logits[highestOf(logits)]!
  let sum = 0
  for (let i = 0; i < classes; i++) sum += Math.exp(logits[i]! - highest)
  const loss = Math.log(sum) + highest - logits[label]!
  for (let i = 0; i < classes; i++) logits[i] = Math.exp(logits[i]! - highest) / sum - (i === label ? 1 : 0)
  return loss
}

/** Adds to the layer's gradient, and puts the gradient by its input into `below`. */
function backward(layer: Layer, input: Float64Array, gradient: Float64Array, below: Float64Array | undefined): void {
  for (let i = 0; i < layer.inputs; i++) {
    let sum = 0
    for (let output = 0; output < layer.outputs; output++) {
      const at = i * layer.outputs + output
      layer.gradient[at]! += (input[i]! * gradient[output]!) / batchSize
      sum += layer.weights[at]! * gradient[output]!
    }
    if (below !== undefined) below[i] = sum
  }
}

/** One step with momentum; the sum of the squares of the gradient. */
function descend({ weights, gradient, velocity }: Layer, learningRate: number): number {
  let squares = 0
  for (let i = 0; i < weights.length; i++) {
    squares += gradient[i]! * gradient[i]!
    velocity[i] = momentum * velocity[i]! - learningRate * gradient[i]!
    weights[i]! += velocity[i]!
    gradient[i] = 0
  }
  return squares
}

/** Normally distributed to the eye: twelve uniform numbers less six. */
export function normal(random: Random): number {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += random()
  return sum
}
