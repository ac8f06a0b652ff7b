// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Draws a disc and finds its edge.
#include "sobel.h"
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// The model with a context of its own; failures are exceptions.
class Sobel {
public:
  Sobel() {
    sobel_context *made = nullptr;
    dlc_status status = sobel_create(&made, nullptr);
    context.reset(made);
    check(status);
  }

  std::vector<float> operator()(const std::vector<float> &image, int height,
                                int width) {
    std::vector<float> edges(image.size());
    check(sobel_steepness(context.get(), height, width, image.data(),
                          edges.data()));
    return edges;
  }

private:
  void check(dlc_status status) const {
    if (status != DLC_OK)
      throw std::runtime_error(sobel_error(context.get()));
  }

  struct Destroy {
    void operator()(sobel_context *context) const { sobel_destroy(context); }
  };
  std::unique_ptr<sobel_context, Destroy> context;
};

int main() try {
  const int height = 9, width = 19;
  std::vector<float> image;
  for (int i = 0; i < height; ++i)
    for (int j = 0; j < width; ++j) {
      float y = (i - 4) / 3.5f, x = (j - 9) / 7.5f;
      image.push_back(x * x + y * y < 1 ? 1 : 0);
    }
  std::vector<float> edges = Sobel()(image, height, width);
  for (int i = 0; i < height; ++i) {
    std::string line;
    for (int j = 0; j < width; ++j) {
      float steepness = edges[i * width + j];
      line += steepness > 3 ? '#' : steepness > 1 ? 'o' : '.';
    }
    std::cout << line << '\n';
  }
} catch (const std::exception &failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
