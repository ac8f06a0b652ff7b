# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The models of the sweep, and how each is created with random weights.

A name is LIBRARY/MODEL. For detectors there is also LIBRARY/MODEL:heads, the network without the
selection of boxes. The list has the smallest model of each family, and for torchvision also a
middle one, below 300 MB of weights (so no VGG and no ViT of torchvision).
"""

import zlib

import torch

TIMM = """
convnext_atto convnextv2_atto efficientnet_b0 mobilenetv3_small_100 mobilenetv4_conv_small
regnety_002 resnest14d res2net50_26w_4s vit_tiny_patch16_224 beit_base_patch16_224
swin_tiny_patch4_window7_224 swinv2_tiny_window8_256 maxvit_rmlp_pico_rw_256 coatnet_pico_rw_224
pvt_v2_b0 poolformer_s12 mixer_s32_224 resmlp_12_224 gmlp_ti16_224 xcit_nano_12_p16_224
cait_xxs24_224 levit_128s efficientformer_l1 fastvit_t8 repvit_m0_9 ghostnet_050 hrnet_w18_small
dla46_c dpn68 densenet121 inception_v4 nasnetalarge nfnet_l0 ese_vovnet19b_slim tinynet_e
edgenext_xx_small mobilevit_xxs mobilevitv2_050 focalnet_tiny_srf volo_d1_224 crossvit_tiny_240
twins_svt_small visformer_tiny convmixer_768_32 halonet26t botnet26t_256 lambda_resnet26t
eva02_tiny_patch14_224 hiera_tiny_224 deit_tiny_patch16_224 efficientformerv2_s0
efficientvit_b0 efficientvit_m0 davit_tiny gcvit_xxtiny tnt_s_patch16_224 coat_tiny pit_ti_224
convit_tiny nest_tiny nextvit_small sequencer2d_s mvitv2_tiny mobileone_s0 mixnet_s skresnet18
seresnet18 cs3darknet_focus_s selecsls42 mambaout_femto swiftformer_xs vitamin_small_224
tiny_vit_5m_224 starnet_s1 rdnet_tiny inception_next_atto hgnetv2_b0 resnetv2_50x1_bit
tresnet_m ecaresnet26t gcresnet33ts bat_resnext26ts shvit_s1 samvit_base_patch16
vit_small_patch16_dinov3 caformer_s18
""".split()

CLASSIFIERS = """
alexnet resnet18 resnet50 resnext50_32x4d wide_resnet50_2 squeezenet1_1 squeezenet1_0 densenet121
densenet169 inception_v3 googlenet shufflenet_v2_x0_5 shufflenet_v2_x1_5 mobilenet_v2
mobilenet_v3_small mobilenet_v3_large mnasnet0_5 mnasnet1_0 efficientnet_b0 efficientnet_b3
efficientnet_v2_s regnet_x_400mf regnet_x_3_2gf regnet_y_400mf regnet_y_3_2gf swin_t swin_s
swin_v2_t swin_v2_s convnext_tiny convnext_small maxvit_t
""".split()
SEGMENTATION = """
lraspp_mobilenet_v3_large deeplabv3_mobilenet_v3_large deeplabv3_resnet50 fcn_resnet50
""".split()
DETECTION = """
ssdlite320_mobilenet_v3_large ssd300_vgg16 retinanet_resnet50_fpn fcos_resnet50_fpn
fasterrcnn_mobilenet_v3_large_320_fpn fasterrcnn_resnet50_fpn maskrcnn_resnet50_fpn
keypointrcnn_resnet50_fpn
""".split()
VIDEO = {"r3d_18": (3, 8, 112, 112), "mc3_18": (3, 8, 112, 112), "r2plus1d_18": (3, 8, 112, 112),
         "s3d": (3, 16, 224, 224), "mvit_v1_b": (3, 16, 224, 224),
         "swin3d_t": (3, 8, 224, 224)}
SIZES = {"inception_v3": 299, "ssd300_vgg16": 300, "swin_v2_t": 256, "swin_v2_s": 256}


def names():
    found = [f"timm/{n}" for n in TIMM]
    found += [f"torchvision/{n}" for n in [*CLASSIFIERS, *SEGMENTATION, *VIDEO]]
    found += [f"torchvision/{n}{part}" for n in DETECTION for part in (":heads", "")]
    return found


def seed(name):
    return zlib.crc32(name.encode())


def has_symbolic_batch(name):
    """A third of the models; detectors take one image."""
    return seed(name) % 3 == 0 and not is_detector(name)


def is_detector(name):
    return name.partition("/")[2].partition(":")[0] in DETECTION


class Tensors(torch.nn.Module):
    """A model whose outputs are a tuple of tensors."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return flat(self.model(x))


class Detector(Tensors):
    """Boxes, labels, scores and further outputs for one image."""

    def forward(self, x):
        return flat(self.model([x[0]])[0])


class Heads(Tensors):
    """Backbone and heads of a detector: scores and offsets of all anchors."""

    def forward(self, x):
        features = list(self.model.backbone(x).values())
        return flat((self.model.rpn.head if hasattr(self.model, "rpn") else self.model.head)(
            features))


def flat(value):
    if isinstance(value, torch.Tensor):
        return (value,)
    values = value.values() if isinstance(value, dict) else value
    return tuple(t for v in values for t in flat(v))


def randomize(model):
    """Gives random values to whatever starts constant: statistics, biases, gains, scales of layers.

    Otherwise an added 0 or a factor of 1 would hide mistakes."""
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if not tensor.is_floating_point() or not tensor.numel():
            continue
        value = tensor.flatten()[0].item()
        if name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif not isinstance(tensor, torch.nn.Parameter) or not (tensor == value).all():
            continue
        elif value == 0:
            tensor.normal_(0, 0.1)
        elif abs(value) < 0.1:
            tensor.uniform_(0.1, 0.5)
        else:
            tensor.uniform_(0.5, 1.5).mul_(value)


def calibrate(model, x):
    """Sets the statistics of batch norms to about those of their inputs for x.

    Otherwise biases dominate in deep networks, and every image has the same answer."""
    def set_statistics(norm, inputs):
        values = inputs[0].transpose(0, 1).flatten(1)
        if values.shape[1] < 8:
            return
        mean, deviation = values.mean(1), values.std(1) + 1e-3
        norm.running_mean.copy_(mean + 0.1 * deviation * torch.randn_like(mean))
        norm.running_var.copy_((deviation * (0.8 + 0.4 * torch.rand_like(mean))) ** 2)

    hooks = [m.register_forward_pre_hook(set_statistics) for m in model.modules()
             if getattr(m, "running_var", None) is not None]
    model(x)
    for hook in hooks:
        hook.remove()


def images(name, count, shape):
    """Noise, coarse and fine: the means of fine noise alone would all be the same."""
    generator = torch.Generator().manual_seed(seed(name) + count)
    coarse = torch.randn(count, *shape[:-2], 7, 7, generator=generator)
    coarse = torch.nn.functional.interpolate(coarse.flatten(0, -4), shape[-2:]).view(count, *shape)
    return coarse + 0.5 * torch.randn(count, *shape, generator=generator)


def build(name):
    """The model, ready to run, and the extents of an image."""
    library, _, rest = name.partition("/")
    rest, _, part = rest.partition(":")
    torch.manual_seed(seed(name))
    if library == "timm":
        import timm
        model = timm.create_model(rest)
        shape = model.default_cfg["input_size"]
    else:
        import torchvision
        words = {"weights": None}
        if rest in DETECTION or rest in SEGMENTATION:
            words["weights_backbone"] = None
        if rest in ("inception_v3", "googlenet"):
            words["init_weights"] = False
        model = torchvision.models.get_model(rest, **words)
        size = SIZES.get(rest, 320 if rest in DETECTION else 224)
        shape = VIDEO.get(rest, (3, size, size))
    head = getattr(model, "roi_heads", None)
    wrapper = Heads if part else Detector if rest in DETECTION else Tensors
    wrapped = wrapper(model).eval()
    with torch.no_grad():
        randomize(model)
        calibrate(wrapped, images(name, 1, shape))
        if head and not part:
            # Classes that differ, so that some boxes pass the score threshold.
            head.box_predictor.cls_score.weight.mul_(10)
    return wrapped, shape
