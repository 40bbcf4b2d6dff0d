// Package cam measures where a network looks: class activation maps, the boxes that thresholds cut out of
// them, and how these agree with boxes and masks of ground truth.
//
// The definitions are those of clovaai/wsolevaluation (Choe et al., CVPR 2020), which computes with OpenCV:
// MaxBoxAcc, MaxBoxAccV2 and PxAP, and in addition top-1 localisation and mPxAP.
package cam
