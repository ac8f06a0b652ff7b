// Recurrent networks of every topology; weights are arguments.

// One to many: features of an image start an emitting loop that reads its own last word
// (a toy of image captioning). Word 0 ends it, 12 words at most.
func.func @caption(%image: tensor<1x8x8x3xf32>, %filter: tensor<3x3x3x6xf32>, %wi: tensor<6x10xf32>,
                   %words: tensor<9x5xf32>, %w: tensor<5x40xf32>, %u: tensor<10x40xf32>,
                   %wo: tensor<10x9xf32>, %first: tensor<1xi64>)
    -> (tensor<12x1xi64>, tensor<i64>) {
  %0 = dl.conv %image, %filter : tensor<1x8x8x3xf32>, tensor<3x3x3x6xf32>
  %1 = dl.relu %0 : tensor<1x6x6x6xf32>
  %2 = dl.global_avg_pool %1 : tensor<1x6x6x6xf32>
  %features = dl.reshape %2 : tensor<1x1x1x6xf32> to tensor<1x6xf32>
  %3 = dl.dense %features, %wi : tensor<1x6xf32>, tensor<6x10xf32>
  %h0 = dl.tanh %3 : tensor<1x10xf32>
  %limit = arith.constant 12 : index
  %end = arith.constant dense<0> : tensor<i64>
  %r:5 = dl.scan states(%h = %h0 : tensor<1x10xf32>, %c = %h0 : tensor<1x10xf32>,
                        %word = %first : tensor<1xi64>) steps(%limit) {
    %e = dl.gather %words, %word : tensor<9x5xf32>, tensor<1xi64>
    %x = dl.reshape %e : tensor<1x5xf32> to tensor<1x1x5xf32>
    %y, %h1, %c1 = dl.lstm %x, %w, %u init(%h : tensor<1x10xf32>) cell(%c : tensor<1x10xf32>)
        : tensor<1x1x5xf32>, tensor<5x40xf32>, tensor<10x40xf32>
    %logits = dl.dense %h1, %wo : tensor<1x10xf32>, tensor<10x9xf32>
    %next = dl.arg_max %logits axis 1 : tensor<1x9xf32>
    %flat = dl.reshape %next : tensor<1xi64> to tensor<i64>
    %stop = dl.equal %flat, %end : tensor<i64>, tensor<i64>
    dl.yield states(%h1, %c1, %next : tensor<1x10xf32>, tensor<1x10xf32>, tensor<1xi64>)
             outputs(%next : tensor<1xi64>) until(%stop : tensor<i1>)
  }
  return %r#3, %r#4 : tensor<12x1xi64>, tensor<i64>
}

// Many to one: the score of a review of any length.
func.func @sentiment(%ids: tensor<?x?xi64>, %lengths: tensor<?xi64>, %words: tensor<50x8xf32>,
                     %w: tensor<8x64xf32>, %u: tensor<16x64xf32>, %b: tensor<64xf32>,
                     %wo: tensor<16x1xf32>) -> tensor<?x1xf32> {
  %x = dl.gather %words, %ids : tensor<50x8xf32>, tensor<?x?xi64>
  %y, %h, %c = dl.lstm %x, %w, %u bias(%b : tensor<64xf32>) lengths(%lengths : tensor<?xi64>)
      batch_first : tensor<?x?x8xf32>, tensor<8x64xf32>, tensor<16x64xf32>
  %score = dl.dense %h, %wo : tensor<?x16xf32>, tensor<16x1xf32>
  %p = dl.sigmoid %score : tensor<?x1xf32>
  return %p : tensor<?x1xf32>
}

// Many to many of equal length: a class for each step, from both sides.
func.func @tagger(%x: tensor<?x?x6xf32>, %w: tensor<2x6x36xf32>, %u: tensor<2x12x36xf32>,
                  %wo: tensor<24x5xf32>) -> tensor<?x?x5xf32> {
  %y, %h = dl.gru %x, %w, %u direction bidirectional batch_first
      : tensor<?x?x6xf32>, tensor<2x6x36xf32>, tensor<2x12x36xf32>
  %logits = dl.dense %y, %wo : tensor<?x?x24xf32>, tensor<24x5xf32>
  %p = dl.softmax %logits : tensor<?x?x5xf32>
  return %p : tensor<?x?x5xf32>
}

// Encoder and decoder: what the encoder has read starts the decoder.
func.func @translate(%ids: tensor<?xi64>, %words: tensor<9x5xf32>, %we: tensor<5x40xf32>,
                     %ue: tensor<10x40xf32>, %wd: tensor<5x40xf32>, %ud: tensor<10x40xf32>,
                     %wo: tensor<10x9xf32>) -> (tensor<20xi64>, tensor<i64>) {
  %e = dl.gather %words, %ids : tensor<9x5xf32>, tensor<?xi64>
  %n = arith.constant 0 : index
  %c0i = tensor.dim %e, %n : tensor<?x5xf32>
  %x = dl.reshape %e [%c0i] : tensor<?x5xf32> to tensor<?x1x5xf32>
  %y, %h0, %c0 = dl.lstm %x, %we, %ue : tensor<?x1x5xf32>, tensor<5x40xf32>, tensor<10x40xf32>
  %first = arith.constant dense<1> : tensor<1xi64>
  %end = arith.constant dense<0> : tensor<i64>
  %limit = arith.constant 20 : index
  %r:5 = dl.scan states(%h = %h0 : tensor<1x10xf32>, %c = %c0 : tensor<1x10xf32>,
                        %word = %first : tensor<1xi64>) steps(%limit) {
    %d = dl.gather %words, %word : tensor<9x5xf32>, tensor<1xi64>
    %dx = dl.reshape %d : tensor<1x5xf32> to tensor<1x1x5xf32>
    %dy, %h1, %c1 = dl.lstm %dx, %wd, %ud init(%h : tensor<1x10xf32>) cell(%c : tensor<1x10xf32>)
        : tensor<1x1x5xf32>, tensor<5x40xf32>, tensor<10x40xf32>
    %logits = dl.dense %h1, %wo : tensor<1x10xf32>, tensor<10x9xf32>
    %next = dl.arg_max %logits axis 1 : tensor<1x9xf32>
    %flat = dl.reshape %next : tensor<1xi64> to tensor<i64>
    %stop = dl.equal %flat, %end : tensor<i64>, tensor<i64>
    dl.yield states(%h1, %c1, %next : tensor<1x10xf32>, tensor<1x10xf32>, tensor<1xi64>)
             outputs(%flat : tensor<i64>) until(%stop : tensor<i1>)
  }
  return %r#3, %r#4 : tensor<20xi64>, tensor<i64>
}

// The next word of Harry, Sally, James, met and the full stop: a memory of one word.
func.func @next_by_rnn(%x: tensor<?x1x5xf32>, %w: tensor<5x5xf32>, %u: tensor<5x5xf32>)
    -> tensor<?x1x5xf32> {
  %y, %h = dl.rnn %x, %w, %u : tensor<?x1x5xf32>, tensor<5x5xf32>, tensor<5x5xf32>
  return %y : tensor<?x1x5xf32>
}
// The same with forgetting, ignoring and selection.
func.func @next_by_lstm(%x: tensor<?x1x5xf32>, %w: tensor<5x36xf32>, %u: tensor<9x36xf32>,
                        %b: tensor<36xf32>, %wo: tensor<9x5xf32>, %bo: tensor<5xf32>)
    -> tensor<?x1x5xf32> {
  %y, %h, %c = dl.lstm %x, %w, %u bias(%b : tensor<36xf32>)
      : tensor<?x1x5xf32>, tensor<5x36xf32>, tensor<9x36xf32>
  %logits = dl.dense %y, %wo, %bo : tensor<?x1x9xf32>, tensor<9x5xf32>, tensor<5xf32>
  %p = dl.softmax %logits : tensor<?x1x5xf32>
  return %p : tensor<?x1x5xf32>
}

// The perfect roommate cooks yesterday's dish on sunny days and the next one on rainy days.
func.func @cook(%weather: tensor<?x2xf32>, %dish0: tensor<3xf32>, %wd: tensor<3x6xf32>,
                %ww: tensor<2x6xf32>, %merge: tensor<6x3xf32>) -> tensor<?x3xf32> {
  %one = arith.constant dense<1.0> : tensor<f32>
  %r:2 = dl.scan states(%dish = %dish0 : tensor<3xf32>) inputs(%today = %weather : tensor<?x2xf32>) {
    %a = dl.dense %dish, %wd : tensor<3xf32>, tensor<3x6xf32>
    %b = dl.dense %today, %ww : tensor<2xf32>, tensor<2x6xf32>
    %votes = dl.add %a, %b : tensor<6xf32>, tensor<6xf32>
    // Two votes are a yes.
    %more = dl.sub %votes, %one : tensor<6xf32>, tensor<f32>
    %yes = dl.relu %more : tensor<6xf32>
    %next = dl.dense %yes, %merge : tensor<6xf32>, tensor<6x3xf32>
    dl.yield states(%next : tensor<3xf32>) outputs(%next : tensor<3xf32>)
  }
  return %r#1 : tensor<?x3xf32>
}

// Tomorrow's price from the last four days, and from all of them.
func.func @stock(%x: tensor<1x?x2xf32>, %taps: tensor<4x2x1xf32>, %w: tensor<2x8xf32>,
                 %u: tensor<8x8xf32>, %wo: tensor<8x1xf32>) -> (tensor<1x?x1xf32>, tensor<1x?x1xf32>) {
  %a = dl.conv %x, %taps padding [3] to [0] : tensor<1x?x2xf32>, tensor<4x2x1xf32>
  %y, %h = dl.rnn %x, %w, %u batch_first : tensor<1x?x2xf32>, tensor<2x8xf32>, tensor<8x8xf32>
  %b = dl.dense %y, %wo : tensor<1x?x8xf32>, tensor<8x1xf32>
  return %a, %b : tensor<1x?x1xf32>, tensor<1x?x1xf32>
}

// A cell over a binary tree (recursive neural tensor network): node n of the inner ones is
// tanh([a; b]' V [a; b] + [a; b] W) of its children a and b; leaves come first.
func.func @tree(%nodes0: tensor<15x4xf32>, %left: tensor<?x1xi64>, %right: tensor<?x1xi64>,
                %place: tensor<?x1xi64>, %v: tensor<8x32xf32>, %w: tensor<8x4xf32>) -> tensor<15x4xf32> {
  %all = dl.scan states(%nodes = %nodes0 : tensor<15x4xf32>)
                 inputs(%l = %left : tensor<?x1xi64>, %r = %right : tensor<?x1xi64>,
                        %p = %place : tensor<?x1xi64>) {
    %a = dl.gather %nodes, %l : tensor<15x4xf32>, tensor<1xi64>
    %b = dl.gather %nodes, %r : tensor<15x4xf32>, tensor<1xi64>
    %ab = dl.concat %a, %b axis 1 : tensor<1x4xf32>, tensor<1x4xf32>
    // V as [8, 4 x 8]: a row of each of the four outputs.
    %t = dl.dense %ab, %v : tensor<1x8xf32>, tensor<8x32xf32>
    %rows = dl.reshape %t : tensor<1x32xf32> to tensor<4x8xf32>
    %terms = dl.mul %rows, %ab : tensor<4x8xf32>, tensor<1x8xf32>
    %tensor = dl.reduce_sum %terms axes [1] : tensor<4x8xf32>
    %linear = dl.dense %ab, %w : tensor<1x8xf32>, tensor<8x4xf32>
    %sum = dl.add %linear, %tensor : tensor<1x4xf32>, tensor<4xf32>
    %h = dl.tanh %sum : tensor<1x4xf32>
    %number = dl.iota axis 0 : tensor<15x1xi64>
    %here = dl.equal %number, %p : tensor<15x1xi64>, tensor<1xi64>
    %next = dl.select %here, %h, %nodes : tensor<15x1xi1>, tensor<1x4xf32>, tensor<15x4xf32>
    dl.yield states(%next : tensor<15x4xf32>)
  }
  return %all : tensor<15x4xf32>
}

// Streaming: the caller keeps the state. All steps at once, and one step a call.
func.func @whole(%x: tensor<?x1x6xf32>, %w: tensor<6x48xf32>, %u: tensor<12x48xf32>,
                 %h0: tensor<1x12xf32>, %c0: tensor<1x12xf32>) -> tensor<?x1x12xf32> {
  %y, %h, %c = dl.lstm %x, %w, %u init(%h0 : tensor<1x12xf32>) cell(%c0 : tensor<1x12xf32>)
      : tensor<?x1x6xf32>, tensor<6x48xf32>, tensor<12x48xf32>
  return %y : tensor<?x1x12xf32>
}
func.func @step(%x: tensor<1x1x6xf32>, %w: tensor<6x48xf32>, %u: tensor<12x48xf32>,
                %h0: tensor<1x12xf32>, %c0: tensor<1x12xf32>) -> (tensor<1x12xf32>, tensor<1x12xf32>) {
  %y, %h, %c = dl.lstm %x, %w, %u init(%h0 : tensor<1x12xf32>) cell(%c0 : tensor<1x12xf32>)
      : tensor<1x1x6xf32>, tensor<6x48xf32>, tensor<12x48xf32>
  return %h, %c : tensor<1x12xf32>, tensor<1x12xf32>
}

// Stacks: simple cells, LSTM, and a convolution before a GRU with ReLU; any length.
func.func @simple_stack(%x: tensor<?x?x3xf32>, %w1: tensor<3x2xf32>, %u1: tensor<2x2xf32>,
                        %w2: tensor<2x1xf32>, %u2: tensor<1x1xf32>, %wo: tensor<1x1xf32>) -> tensor<?x1xf32> {
  %y, %h1 = dl.rnn %x, %w1, %u1 batch_first : tensor<?x?x3xf32>, tensor<3x2xf32>, tensor<2x2xf32>
  %d = dl.dropout %y rate 0.3 : tensor<?x?x2xf32>
  %z, %h2 = dl.rnn %d, %w2, %u2 batch_first : tensor<?x?x2xf32>, tensor<2x1xf32>, tensor<1x1xf32>
  %o = dl.dense %h2, %wo : tensor<?x1xf32>, tensor<1x1xf32>
  return %o : tensor<?x1xf32>
}
func.func @lstm_stack(%x: tensor<?x?x3xf32>, %w1: tensor<3x80xf32>, %u1: tensor<20x80xf32>,
                      %w2: tensor<20x40xf32>, %u2: tensor<10x40xf32>, %wo: tensor<10x1xf32>) -> tensor<?x1xf32> {
  %y, %h1, %c1 = dl.lstm %x, %w1, %u1 batch_first : tensor<?x?x3xf32>, tensor<3x80xf32>, tensor<20x80xf32>
  %z, %h2, %c2 = dl.lstm %y, %w2, %u2 batch_first : tensor<?x?x20xf32>, tensor<20x40xf32>, tensor<10x40xf32>
  %o = dl.dense %h2, %wo : tensor<?x10xf32>, tensor<10x1xf32>
  return %o : tensor<?x1xf32>
}
func.func @conv_gru_stack(%x: tensor<?x?x3xf32>, %k: tensor<4x3x20xf32>, %w: tensor<20x6xf32>,
                          %u: tensor<2x6xf32>, %wo: tensor<2x1xf32>) -> tensor<?x1xf32> {
  %c = dl.conv %x, %k strides [2] : tensor<?x?x3xf32>, tensor<4x3x20xf32>
  %y, %h = dl.gru %c, %w, %u batch_first activations ["sigmoid", "relu"]
      : tensor<?x?x20xf32>, tensor<20x6xf32>, tensor<2x6xf32>
  %o = dl.dense %h, %wo : tensor<?x2xf32>, tensor<2x1xf32>
  return %o : tensor<?x1xf32>
}

// The concatenated form, written by hand: gates are products of [h, x].
func.func @concatenated(%x: tensor<?x3x6xf32>, %wf: tensor<18x12xf32>, %wi: tensor<18x12xf32>,
                        %wg: tensor<18x12xf32>, %wo: tensor<18x12xf32>, %b: tensor<12xf32>,
                        %h0: tensor<3x12xf32>) -> tensor<?x3x12xf32> {
  %r:3 = dl.scan states(%h = %h0 : tensor<3x12xf32>, %c = %h0 : tensor<3x12xf32>) inputs(%xt = %x : tensor<?x3x6xf32>) {
    %hx = dl.concat %h, %xt axis 1 : tensor<3x12xf32>, tensor<3x6xf32>
    %0 = dl.dense %hx, %wf, %b : tensor<3x18xf32>, tensor<18x12xf32>, tensor<12xf32>
    %f = dl.sigmoid %0 : tensor<3x12xf32>
    %1 = dl.dense %hx, %wi : tensor<3x18xf32>, tensor<18x12xf32>
    %i = dl.sigmoid %1 : tensor<3x12xf32>
    %2 = dl.dense %hx, %wg : tensor<3x18xf32>, tensor<18x12xf32>
    %g = dl.tanh %2 : tensor<3x12xf32>
    %3 = dl.dense %hx, %wo : tensor<3x18xf32>, tensor<18x12xf32>
    %o = dl.sigmoid %3 : tensor<3x12xf32>
    %4 = dl.mul %f, %c : tensor<3x12xf32>, tensor<3x12xf32>
    %5 = dl.mul %i, %g : tensor<3x12xf32>, tensor<3x12xf32>
    %c1 = dl.add %4, %5 : tensor<3x12xf32>, tensor<3x12xf32>
    %6 = dl.tanh %c1 : tensor<3x12xf32>
    %h1 = dl.mul %o, %6 : tensor<3x12xf32>, tensor<3x12xf32>
    dl.yield states(%h1, %c1 : tensor<3x12xf32>, tensor<3x12xf32>) outputs(%h1 : tensor<3x12xf32>)
  }
  return %r#2 : tensor<?x3x12xf32>
}
func.func @four_products(%x: tensor<?x3x6xf32>, %w: tensor<6x48xf32>, %u: tensor<12x48xf32>,
                         %b: tensor<48xf32>, %h0: tensor<3x12xf32>) -> tensor<?x3x12xf32> {
  %y, %h, %c = dl.lstm %x, %w, %u bias(%b : tensor<48xf32>) init(%h0 : tensor<3x12xf32>)
      cell(%h0 : tensor<3x12xf32>) : tensor<?x3x6xf32>, tensor<6x48xf32>, tensor<12x48xf32>
  return %y : tensor<?x3x12xf32>
}
