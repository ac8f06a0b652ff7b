# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a network of six blocks: convolution, batch normalisation, relu, dropout."""

print("module {")
body, channels = [], 3
for i in range(6):
    print(f"""ml_program.global private @w{i}(dense<0.0> : tensor<3x3x{channels}x8xf32>) : tensor<3x3x{channels}x8xf32>
ml_program.global private @s{i}(dense<1.0> : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @o{i}(dense<0.0> : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @m{i}(dense<0.0> : tensor<8xf32>) : tensor<8xf32>
ml_program.global private @v{i}(dense<1.0> : tensor<8xf32>) : tensor<8xf32>""")
    body.append(f"""  %w{i} = ml_program.global_load_const @w{i} : tensor<3x3x{channels}x8xf32>
  %s{i} = ml_program.global_load_const @s{i} : tensor<8xf32>
  %o{i} = ml_program.global_load_const @o{i} : tensor<8xf32>
  %m{i} = ml_program.global_load_const @m{i} : tensor<8xf32>
  %v{i} = ml_program.global_load_const @v{i} : tensor<8xf32>
  %c{i} = dl.conv %x{i}, %w{i} padding same : tensor<32x16x16x{channels}xf32>, tensor<3x3x{channels}x8xf32>
  %n{i} = dl.batch_norm %c{i}, %s{i}, %o{i}, %m{i}, %v{i} : tensor<32x16x16x8xf32>, tensor<8xf32>
  %r{i} = dl.relu %n{i} : tensor<32x16x16x8xf32>
  %x{i + 1} = dl.dropout %r{i} rate 0.1 : tensor<32x16x16x8xf32>""")
    channels = 8
print("""ml_program.global private @head(dense<0.0> : tensor<8x5xf32>) : tensor<8x5xf32>
func.func @classify(%x0: tensor<32x16x16x3xf32>) -> tensor<32x5xf32> {""")
print("\n".join(body))
print("""  %p = dl.reduce_mean %x6 axes [1, 2] : tensor<32x16x16x8xf32>
  %h = ml_program.global_load_const @head : tensor<8x5xf32>
  %y = dl.dense %p, %h : tensor<32x8xf32>, tensor<8x5xf32>
  return %y : tensor<32x5xf32>
}
}""")
