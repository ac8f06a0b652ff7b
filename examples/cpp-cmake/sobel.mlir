// How steep an image is at each pixel: the length of its gradient by Sobel's two filters.
func.func @steepness(%image: tensor<1x?x?x1xf32> {dl.name = "image"})
    -> (tensor<1x?x?xf32> {dl.name = "edges"}) {
  %filters = arith.constant dense<[
    [[[-1.0, -1.0]], [[0.0, -2.0]], [[1.0, -1.0]]],
    [[[-2.0,  0.0]], [[0.0,  0.0]], [[2.0,  0.0]]],
    [[[-1.0,  1.0]], [[0.0,  2.0]], [[1.0,  1.0]]]
  ]> : tensor<3x3x1x2xf32>
  %0 = dl.conv %image, %filters padding same : tensor<1x?x?x1xf32>, tensor<3x3x1x2xf32>
  %1 = dl.square %0 : tensor<1x?x?x2xf32>
  %2 = dl.reduce_sum %1 axes [3] : tensor<1x?x?x2xf32>
  %3 = dl.sqrt %2 : tensor<1x?x?xf32>
  return %3 : tensor<1x?x?xf32>
}
