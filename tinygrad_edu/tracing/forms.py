"""The readable forms of what derivatives call: a table, and the words for it.

A derivative calls helpers and small ops, such as ``Threshold.call(grad, out)``. What that is, a
reader wants to see in its place: ``grad * [out != 0]``. Where the small op's own code is no one
expression, or one about NumPy's memory, it has its form here.
"""

from __future__ import annotations

import ast

#: What a call says, in its arguments: ``[condition]`` is 1 where that holds, and else 0.
FORMS = """
spread(reduced, shape, dims, keepdim) = repeated(reduced)
kept(reduced, dims, keepdim) = reduced if keepdim or dims is None else broadcast(reduced)
count(shape, dims) = N
each(grad, shape, reduction) = grad / N if reduction == 'mean' else grad
reduced(losses, reduction) = losses if reduction == 'none' else mean(losses) if reduction == 'mean' else sum(losses)
times(grad, factor) = grad if factor == 1 else grad * factor
scaled(x, factor) = x if factor == 1 else x * factor
turned(x) = x.mT
chosen(mask, a, b) = where(mask, a, b)
masked(values, mask) = values * [mask]
log_sigmoid(x) = ln(sigmoid(x))
channel_sums(x) = sum_for_each_channel(x)
slopes(grid, lookup) = slope_at(grid)
triangle(x, upper, unit) = triangle_of(x)
permutation(pivots, m, dtype) = permutation_of(pivots)
cofactors(x, det) = cofactors(x)
product_of_others(x, dims) = product_of_others(x)
reversed_cumsum(x, dim) = sums_from_each_on(x)
convolve(x, weight, geometry, bias) = convolution(x, weight) if bias is None else convolution(x, weight) + bias
add_momentum(g, bucket, group) = momentum * momentum_buffer + (1 - dampening) * g
largest(bucket) = largest_so_far(v)
Cat.d_tensors(grad, position, tensors_shape, dim) = part_of_this_one(grad)
Stack.d_tensors(grad, position, dim) = part_of_this_one(grad)
BlockDiag.d_tensors(grad, position, tensors_shape) = part_of_this_one(grad)
Permute.d_x(grad, order) = axes_back_in_order(grad)
Repeat.d_x(grad, x_shape, repeats) = sum_over_the_copies(grad)
Cumsum.d_x(grad, dim) = sums_from_each_on(grad)
Std.d_x(grad, x, out, dims, correction, keepdim) = where(out == 0, 0, broadcast(grad) * (x - mean_along(x)) / (broadcast(out) * (N - correction)))
VarMean.d_x(grads, x, dims, correction, keepdim) = 2 * grad_0 * (x - mean_along(x)) / (N - correction) + grad_1 / N
StdMean.d_x(grads, x, deviation, dims, correction, keepdim) = grad_0 * (x - mean_along(x)) / (deviation * (N - correction)) + grad_1 / N
Standardize.d_x(grads, x, weight, m, v, channels, view, eps) = back_through_standardizing(grad_0, x) if weight is None else back_through_standardizing(grad_0 * weight, x)
Standardize.d_weight(grads, x, m, v, weight_shape, channels, view, eps) = sum_for_each_channel(grad_0 * standardized(x))
Standardize.d_bias(grads, bias_shape, channels) = sum_for_each_channel(grad_0)
ByRunning.d_bias(grad, bias_shape, channels) = sum_for_each_channel(grad)
Convolution.d_bias(grad) = sum_for_each_channel(grad)
Sigmoid(x) = sigmoid(x)
Threshold(grad, y) = grad * [y != 0]
Kept(grad, x, taken) = where(taken, grad, 0)
Bent(grad, x, slope) = where(x > 0, grad, grad * slope)
T(x) = x.T
Sign(x) = sign(x)
Rsqrt(x) = 1 / sqrt(x)
Pow(x, exponent) = x ** exponent
Mv(a, b) = a @ b
DivFloor(a, b) = a // b
DivTrunc(a, b) = truncated(a / b)
LinalgInv(x) = inverse(x)
LinalgSolve(a, b) = solution(a, b)
LinalgSolveVector(a, b) = solution(a, b)
LinalgSolveTriangular(a, b, upper, unit) = solution(a, b)
CholeskySolve(b, low, upper) = solution_by_cholesky(low, b)
LinalgMatrixExp(x) = matrix_exponential(x)
LinalgCross(a, b, dim) = cross(a, b)
Convolution(x, weight, bias, geometry) = convolution(x, weight) if bias is None else convolution(x, weight) + bias
TransposedConvolution(x, weight, bias, geometry) = transposed_convolution(x, weight) if bias is None else transposed_convolution(x, weight) + bias
Correlation(g, x, geometry) = correlation(g, x)
MaxPool2DWithIndices(x, geometry) = largest_in_windows(x)
MaxPool1D(x, geometry) = largest_in_windows(x)
PutInWindows(g, x, element, geometry) = at_the_largest(g)
PickInWindows(x, element, geometry) = of_the_largest(x)
AvgPool2D(x, divisor, geometry) = mean_in_windows(x)
SpreadOverWindows(g, x, divisor, geometry) = shared_by_windows(g)
AdaptiveAvgPool2D(x, size) = mean_in_windows(x)
SpreadMeans(g, x, dims) = shared_by_windows(g)
PutAtIndices(g, x, indices, dims) = at_the_largest(g)
PickAtIndices(x, indices, dims) = of_the_largest(x)
Pick(x, places) = picked(x)
PickArrays(x, places) = picked(x)
Index(x, places) = picked(x)
PutZeros(x, shape, places) = put_back(x)
PutNumber(x, value, places) = without_places(x)
AsStrided(x, places) = picked(x)
PutPart(x, shape, places) = put_back(x)
Erase(x, places) = without_places(x)
PickPixels(x, pixels) = picked(x)
PutPixels(g, shape, pixels) = put_back(g)
SumRows(grad, places, rows) = summed_by_row(grad)
Rows(weight, places, share) = picked(weight)
Diagonal(x, offset, dim1, dim2) = diagonal(x)
PutDiagonal(x, shape, offset, dim1, dim2) = on_the_diagonal(x)
Im2Col(x, geometry) = patches(x)
Col2Im(columns, geometry) = sum_of_patches(columns)
Unfold(x, dim, size, step) = windows(x)
AddWindows(x, shape, dim, size, step) = sum_of_patches(x)
CopyPad(x, sources) = padded(x)
FoldBack(g, x, sources) = padding_added(g)
ConstantPadNd(x, pads, value) = unpadded(x)
Resample(x, maps) = resampled(x)
ResampleBack(g, shape, maps) = resampled_back(g)
Xlogy(x, y) = x * ln(y)
Xlog1py(x, y) = x * ln(1 + y)
Digamma(x) = digamma(x)
Lgamma(x) = lgamma(x)
Polygamma(x, n) = polygamma(n, x)
NllLoss(input, places, weights, kept, reduction) = -of_the_class(input) * weights if reduction == 'none' else sum(-of_the_class(input) * weights) / sum(weights) if reduction == 'mean' else sum(-of_the_class(input) * weights)
NllLossBackward(grad_output, input, places, weights, kept, reduction) = at_the_classes(-grad_output / N if unweighted else -grad_output * weights / sum(weights)) if reduction == 'mean' else at_the_classes(-grad_output if unweighted else -grad_output * weights)
"""  # noqa: E501

#: What ops compute whose code says it by other means: for speed, or so that nothing overflows.
OPS = """
BinaryCrossEntropy(input, target, weight, reduction) = reduced(weighed(-target * max(ln(input), -100) - (1 - target) * max(ln(1 - input), -100)))
BinaryCrossEntropyWithLogits(input, target, weight, pos_weight, reduction) = reduced(weighed(-target * ln(sigmoid(input)) - (1 - target) * ln(1 - sigmoid(input)))) if pos_weight is None else reduced(weighed(-pos_weight * target * ln(sigmoid(input)) - (1 - target) * ln(1 - sigmoid(input))))
AffineGridGenerator(theta, base, size) = pixel_grid(theta, base)
Logit(x, eps) = ln(x / (1 - x)) if eps is None else ln(min(max(x, eps), 1 - eps) / (1 - min(max(x, eps), 1 - eps)))
NativeLayerNorm(x, weight, bias, channels, view, eps) = standardized(x) if weight is None else standardized(x) * weight if bias is None else standardized(x) * weight + bias
NativeBatchNorm(x, weight, bias, channels, view, eps) = standardized(x) if weight is None else standardized(x) * weight if bias is None else standardized(x) * weight + bias
NativeGroupNorm(x, weight, bias, channels, view, eps) = standardized(x) if weight is None else standardized(x) * weight if bias is None else standardized(x) * weight + bias
MseLoss(input, target, reduction) = reduced((input - target) ** 2)
NllLoss(input, places, weights, kept, reduction) = reduced(-of_the_class(input)) if unweighted else sum(-weights * of_the_class(input)) / sum(weights) if reduction == 'mean' else reduced(-weights * of_the_class(input))
NllLoss2D(input, places, weights, kept, reduction) = reduced(-of_the_class(input)) if unweighted else sum(-weights * of_the_class(input)) / sum(weights) if reduction == 'mean' else reduced(-weights * of_the_class(input))
Sum(x, dims, keepdim) = sum(x)
Mean(x, dims, keepdim) = mean(x)
Softmax(x, dim) = exp(x) / exp(x).sum(dim, keepdims=True)
LogSoftmax(x, dim) = x - ln(exp(x).sum(dim, keepdims=True))
Logsumexp(x, dims, keepdim) = ln(exp(x).sum(dims, keepdims=keepdim))
Convolution(x, weight, bias, geometry) = convolution(x, weight) if bias is None else convolution(x, weight) + bias
TransposedConvolution(x, weight, bias, geometry) = transposed_convolution(x, weight) if bias is None else transposed_convolution(x, weight) + bias
Clamp(x, low, high) = min(x, high) if low is None else max(x, low) if high is None else min(max(x, low), high)
Relu(x) = max(x, 0)
LeakyRelu(x, slope) = where(x > 0, x, x * slope)
Softplus(x, beta, threshold) = where(x * beta > threshold, x, ln(1 + exp(x * beta)) / beta)
ClampMin(x, low) = max(x, low)
ClampMax(x, high) = min(x, high)
Pow(x, exponent) = x ** exponent
DivFloor(a, b) = floor(a / b)
DivTrunc(a, b) = truncated(a / b)
Index(x, places) = picked(x)
IndexSelect(x, places) = picked(x)
MaxPool2DWithIndices(x, geometry) = largest_in_windows(x)
"""  # noqa: E501

#: The gradients of a recurrent layer: of input, weights, biases, and states before it. They are
#: made of those of the products, with the inputs and with the states, at all steps.
RECURRENT = (
    "g @ w_x, where g = walked_back(grad_0)", "g.T @ x, where g = walked_back(grad_0)",
    "g.T @ h_before, where g = walked_back(grad_0)", "g.sum(0), where g = walked_back(grad_0)",
    "g.sum(0), where g = walked_back(grad_0)", "walked_back(grad_0)",
)  # fmt: skip

#: Functions that stand in formulas, in words; of others the words of their names are said.
PHRASES = {
    "broadcast": "{}",
    "repeated": "{} repeated along the axes that were summed",
    "mean": "mean of {}",
    "sum": "sum of {}",
    "convolution": "convolution of {} with {}",
    "transposed_convolution": "transposed convolution of {} with {}",
    "correlation": "correlation of {} with {}",
    "largest_in_windows": "largest of each window of {}",
    "at_the_largest": "{} put where the largest of each window was, 0 elsewhere",
    "of_the_largest": "{} where the largest of each window was",
    "mean_in_windows": "mean of each window of {}",
    "shared_by_windows": "{} shared out evenly over its windows",
    "picked": "{} at the given places",
    "put_back": "{} put back at the places it was taken from, 0 elsewhere",
    "without_places": "{} with 0 at the places that were overwritten",
    "of_the_class": "{} at each sample's class",
    "at_the_classes": "{} put at each sample's class, 0 elsewhere",
    "summed_by_row": "{} added up by the row it was taken from",
    "sum_for_each_channel": "sum for each channel of {}",
    "on_the_diagonal": "{} put on the diagonal, 0 elsewhere",
    "sum_of_patches": "{} added up where its windows overlap",
    "padding_added": "{} with the padding added to where it was copied from",
    "unpadded": "{} without the padding",
    "resampled_back": "{} added up at the points it was made of",
    "solution": "solution of {} X = {}",
    "largest_so_far": "the largest {} so far",
    "part_of_this_one": "the part of {} that belongs to this tensor",
    "axes_back_in_order": "{} with its axes put back in order",
    "sum_over_the_copies": "sum over the copies of {}",
    "mean_along": "mean of {}",
    "joined": "{} joined",
    "standardized": "{} with mean 0 and variance 1",
    "back_through_standardizing": "{} taken back through the standardizing of {}",
    "walked_back": "{} walked back from the last step to the first",
    "inverse": "inverse of {}",
    "product_of_others": "product of all other {}",
    "sums_from_each_on": "sums of {} from each element on",
    "matrix_exponential": "matrix exponential of {}",
}


def signature(text: str) -> tuple[str, tuple[str, ...]]:
    """``f(x, y)`` as its name and the names of its parameters."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    return ast.unparse(call.func), tuple(ast.unparse(each) for each in call.args)


def expressions(table: str) -> dict[tuple[str, tuple[str, ...]], ast.expr]:
    """A table by name and parameters, as expressions."""
    found = {}
    for line in table.strip().splitlines():
        head, _, form = line.partition(" = ")
        found[signature(head)] = ast.parse(form, mode="eval").body
    return found


TABLE, OF_OPS = expressions(FORMS), expressions(OPS)
#: What a loss does with those of the elements, and with their weights, where it has some.
REDUCED = TABLE["reduced", ("losses", "reduction")]
WEIGHED = ast.parse("losses if weight is None else losses * weight", mode="eval").body
